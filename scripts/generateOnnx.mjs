// Generates src/onnx/gen/ from ONNX's own schema, src/onnx/onnx.proto. Run after replacing that file.
import { execFileSync } from 'node:child_process';

const template = {
  version: 'v2',
  plugins: [
    { local: ['node_modules/.bin/protoc-gen-es'], out: 'src/onnx/gen', opt: ['target=ts', 'import_extension=ts'] },
  ],
};
// Fetched for the occasion: the lock file cannot hold it where a registry lacks the builds for some platforms.
execFileSync('npx', ['--yes', '@bufbuild/buf@1.75.0', 'generate', 'src/onnx', '--template', JSON.stringify(template)], {
  stdio: 'inherit',
});
