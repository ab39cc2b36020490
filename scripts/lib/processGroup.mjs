// Starts a server in a process group of its own, and ends that group and nothing else.
import { spawn } from 'node:child_process';

const running = new Set();

const signal = (child, name) => {
  try {
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};

/** Starts a program detached, its output collected in `log()`. */
export const startGroup = (command, args, { cwd, env = process.env } = {}) => {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const listeners = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
      for (const listener of listeners) listener();
    });
  }
  running.add(child);
  const ended = new Promise((resolve) => {
    child.on('error', (error) => {
      text += String(error);
      resolve();
    });
    child.on('close', resolve);
  }).then(() => {
    running.delete(child);
    for (const listener of listeners) listener();
  });
  return {
    ended,
    log: () => text,
    /** Resolves with the first match of the pattern in the output; rejects when the program ends before. */
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text);
          if (match) resolve(match);
          else if (!running.has(child)) reject(new Error(`${command} ended early:\n${text.slice(-4000)}`));
          else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
    end: async () => {
      if (!running.has(child)) return;
      signal(child, 'SIGTERM');
      const hard = setTimeout(() => signal(child, 'SIGKILL'), 5_000);
      await ended;
      clearTimeout(hard);
    },
  };
};

/** Ends every group that is still running, also when this process is interrupted. */
export const endAllGroups = () => {
  for (const child of running) signal(child, 'SIGKILL');
};

process.on('exit', endAllGroups);
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => process.exit(130));
