// Runs a program to its end.
import { spawn } from 'node:child_process';

/**
 * Runs a program with its output passed through (or also collected with `collect`), without standard input.
 * Resolves with the exit code and what it wrote; never rejects for a non-zero code.
 */
export const run = (command, args, { cwd, env = process.env, collect = false, quiet = false } = {}) =>
  new Promise((resolve, reject) => {
    const piped = collect || quiet;
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', piped ? 'pipe' : 'inherit', piped ? 'pipe' : 'inherit'],
      shell: process.platform === 'win32',
    });
    let text = '';
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream?.on('data', (chunk) => {
        text += chunk;
        if (!quiet) target.write(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, text }));
  });

/** Start and end of a long text: the cause is often said first, and the sum of it last. */
const shorten = (text) => (text.length <= 4000 ? text : `${text.slice(0, 2000)}\n…\n${text.slice(-2000)}`);

/** Runs a program quietly and throws with its output when it fails. */
export const mustRun = async (command, args, options = {}) => {
  const { code, text } = await run(command, args, { ...options, quiet: true }).catch((error) => ({
    code: 1,
    text: String(error),
  }));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (${code}):\n${shorten(text)}`);
  return text;
};

/** The full path of a program on PATH, or null. */
export const which = async (command) => {
  const { code, text } = await run(process.platform === 'win32' ? 'where' : 'which', [command], { quiet: true });
  return code === 0 ? text.trim().split(/\r?\n/)[0] : null;
};
