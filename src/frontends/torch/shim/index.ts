/** The shim's Python sources by the module name under which Python imports them, in the order in which they need one another. */

import adaptive from './adaptive.py';
import aliases from './aliases.py';
import args from './arguments.py';
import assembling from './assembling.py';
import attending from './attending.py';
import attention from './attention.py';
import bookkeeping from './bookkeeping.py';
import candidates from './candidates.py';
import choices from './choices.py';
import compiled from './compiled.py';
import complex from './complex.py';
import complexParameter from './complex_parameter.py';
import config from './config.py';
import containers from './containers.py';
import conversions from './conversions.py';
import convolutions from './convolutions.py';
import counting from './counting.py';
import fresh from './fresh.py';
import creation from './creation.py';
import data from './data.py';
import derived from './derived.py';
import distributions from './distributions.py';
import einops from './einops.py';
import elementwise from './elementwise.py';
import errors from './errors.py';
import fft from './fft.py';
import files from './files.py';
import finding from './finding.py';
import functional from './functional.py';
import functions from './functions.py';
import flex from './flex.py';
import fxgraph from './fxgraph.py';
import fxmodule from './fxmodule.py';
import fxtracer from './fxtracer.py';
import demands from './demands.py';
import guess from './guess.py';
import imports from './imports.py';
import indexing from './indexing.py';
import init from './init.py';
import installed from './installed.py';
import layers from './layers.py';
import lazy from './lazy.py';
import lightning from './lightning.py';
import linalg from './linalg.py';
import ctc from './ctc.py';
import losses from './losses.py';
import losslayers from './losslayers.py';
import parameter from './parameter.py';
import module from './module.py';
import ndarray from './ndarray.py';
import nn from './nn.py';
import norms from './norms.py';
import numpy from './numpy.py';
import numpyArranging from './numpy_arranging.py';
import numpyLinalg from './numpy_linalg.py';
import numpyRandom from './numpy_random.py';
import numpyReductions from './numpy_reductions.py';
import operators from './operators.py';
import ordering from './ordering.py';
import parametrising from './parametrising.py';
import placing from './placing.py';
import plain from './plain.py';
import pooling from './pooling.py';
import pretrained from './pretrained.py';
import pydantic from './pydantic.py';
import quantization from './quantization.py';
import recurrent from './recurrent.py';
import reductions from './reductions.py';
import registry from './registry.py';
import runner from './runner.py';
import script from './script.py';
import settings from './settings.py';
import shapes from './shapes.py';
import signature from './signature.py';
import sparse from './sparse.py';
import gamma from './gamma.py';
import special from './special.py';
import statistics from './statistics.py';
import record from './record.py';
import structure from './structure.py';
import contents from './contents.py';
import formats from './formats.py';
import tensor from './tensor.py';
import timm from './timm.py';
import torch from './torch.py';
import trace from './trace.py';
import transformers from './transformers.py';
import transforms from './transforms.py';
import unknown from './unknown.py';
import usage from './usage.py';
import usual from './usual.py';
import utilities from './utilities.py';
import vision from './vision.py';
import windows from './windows.py';

export const SHIM: readonly (readonly [name: string, file: string, source: string])[] = [
  ['torch._trace', 'trace.py', trace],
  ['torch._unknown', 'unknown.py', unknown],
  ['torch._formats', 'formats.py', formats],
  ['torch._tensor', 'tensor.py', tensor],
  ['torch._contents', 'contents.py', contents],
  ['torch._functions', 'functions.py', functions],
  ['torch._fresh', 'fresh.py', fresh],
  ['torch._creation', 'creation.py', creation],
  ['torch._windows', 'windows.py', windows],
  ['torch._elementwise', 'elementwise.py', elementwise],
  ['torch._reductions', 'reductions.py', reductions],
  ['torch._shapes', 'shapes.py', shapes],
  ['torch._ordering', 'ordering.py', ordering],
  ['torch._indexing', 'indexing.py', indexing],
  ['torch._derived', 'derived.py', derived],
  ['torch._gamma', 'gamma.py', gamma],
  ['torch._special', 'special.py', special],
  ['torch._statistics', 'statistics.py', statistics],
  ['torch._assembling', 'assembling.py', assembling],
  ['torch._placing', 'placing.py', placing],
  ['torch._bookkeeping', 'bookkeeping.py', bookkeeping],
  ['torch', 'torch.py', torch],
  ['torch._complex', 'complex.py', complex],
  ['torch.nn.parameter', 'parameter.py', parameter],
  ['torch.nn.modules.module', 'module.py', module],
  ['torch.nn.modules._conversions', 'conversions.py', conversions],
  ['torch._complex_parameter', 'complex_parameter.py', complexParameter],
  ['torch.nn.functional', 'functional.py', functional],
  ['torch.nn._attending', 'attending.py', attending],
  ['torch.nn._pooling', 'pooling.py', pooling],
  ['torch.nn._ctc', 'ctc.py', ctc],
  ['torch.nn._losses', 'losses.py', losses],
  ['torch.nn.init', 'init.py', init],
  ['torch.nn.modules._arguments', 'arguments.py', args],
  ['torch.nn.modules._containers', 'containers.py', containers],
  ['torch.nn.modules._convolutions', 'convolutions.py', convolutions],
  ['torch.nn.modules._norms', 'norms.py', norms],
  ['torch.nn.modules.layers', 'layers.py', layers],
  ['torch.nn.modules._losses', 'losslayers.py', losslayers],
  ['torch.nn.modules._adaptive', 'adaptive.py', adaptive],
  ['torch.nn.modules.attention', 'attention.py', attention],
  ['torch.nn.modules._recurrent', 'recurrent.py', recurrent],
  ['torch._files', 'files.py', files],
  ['torch._registry', 'registry.py', registry],
  ['torch.nn.modules.lazy', 'lazy.py', lazy],
  ['torch.nn.modules.quantization', 'quantization.py', quantization],
  ['torch.nn', 'nn.py', nn],
  ['torch._compiled', 'compiled.py', compiled],
  ['torch._fft', 'fft.py', fft],
  ['torch._linalg', 'linalg.py', linalg],
  ['torch.nn._parametrising', 'parametrising.py', parametrising],
  ['torch.nn._utilities', 'utilities.py', utilities],
  ['torch._transforms', 'transforms.py', transforms],
  ['torch._flex', 'flex.py', flex],
  ['torch._sparse', 'sparse.py', sparse],
  ['torch._vision', 'vision.py', vision],
  ['torch._choices', 'choices.py', choices],
  ['torch._distributions', 'distributions.py', distributions],
  ['torch._aliases', 'aliases.py', aliases],
  ['torch._operators', 'operators.py', operators],
  ['torch._fxgraph', 'fxgraph.py', fxgraph],
  ['torch._fxtracer', 'fxtracer.py', fxtracer],
  ['torch._fxmodule', 'fxmodule.py', fxmodule],
  ['numpy._ndarray', 'ndarray.py', ndarray],
  ['numpy._arranging', 'numpy_arranging.py', numpyArranging],
  ['numpy._reductions', 'numpy_reductions.py', numpyReductions],
  ['numpy', 'numpy.py', numpy],
  ['numpy.random', 'numpy_random.py', numpyRandom],
  ['numpy.linalg', 'numpy_linalg.py', numpyLinalg],
  ['einops', 'einops.py', einops],
  ['timm', 'timm.py', timm],
  ['torch._settings', 'settings.py', settings],
  ['torch._pydantic', 'pydantic.py', pydantic],
  ['torch._lightning', 'lightning.py', lightning],
  ['torch._pretrained', 'pretrained.py', pretrained],
  ['torch._transformers', 'transformers.py', transformers],
  ['torch._data', 'data.py', data],
  ['torch._errors', 'errors.py', errors],
  ['torch._counting', 'counting.py', counting],
  ['torch._script', 'script.py', script],
  ['torch._installed', 'installed.py', installed],
  ['torch._imports', 'imports.py', imports],
  ['torch._finding', 'finding.py', finding],
  ['torch._usual', 'usual.py', usual],
  ['torch._demands', 'demands.py', demands],
  ['torch._config', 'config.py', config],
  ['torch._guess', 'guess.py', guess],
  ['torch._usage', 'usage.py', usage],
  ['torch._candidates', 'candidates.py', candidates],
  ['torch._record', 'record.py', record],
  ['torch._structure', 'structure.py', structure],
  ['torch._plain', 'plain.py', plain],
  ['torch._signature', 'signature.py', signature],
  ['torch._runner', 'runner.py', runner],
];

/** Makes the packages by hand and fills them in order; gives `torch._runner.step`. */
export const BOOTSTRAP = `
def _bootstrap(sources, bridge):
    import json, sys, types
    for name in ("torch", "torch.nn", "torch.nn.modules", "numpy"):
        module = types.ModuleType(name)
        module.__path__ = []
        sys.modules[name] = module
    sys.modules["torch"].nn = sys.modules["torch.nn"]
    sys.modules["torch.nn"].modules = sys.modules["torch.nn.modules"]
    for name, file, source in json.loads(sources):
        module = sys.modules.get(name)
        if module is None:
            module = types.ModuleType(name)
            sys.modules[name] = module
            parent, _, last = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], last, module)
        exec(compile(source, f"<torch/{file}>", "exec"), module.__dict__)
    sys.modules["torch._aliases"].install()
    sys.modules["torch._trace"].bridge = bridge
    runner = sys.modules["torch._runner"]
    runner.install()
    return runner.step
_bootstrap
`;
