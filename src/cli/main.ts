#!/usr/bin/env node
/** Entry point of the command line: the table of subcommands and the exit codes. */

import { version } from '../../package.json';
import * as check from './check.ts';
import * as compare from './compare.ts';
import * as exporting from './export.ts';
import * as graph from './graph.ts';
import * as profile from './profile.ts';
import * as summary from './summary.ts';
import { Failure, UsageError } from './usage.ts';

interface Command {
  readonly usage: string;
  /** Resolves with the exit code. */
  run(args: readonly string[]): Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = { summary, check, graph, compare, profile, export: exporting };

const usage = [
  'Draws, checks and measures the skip connections of residual networks.',
  '',
  ...Object.values(COMMANDS).map((command) => command.usage.split('\n')[0]),
  '',
  'Exit codes: 0, 1 on errors, 2 on bad usage. `skipscope COMMAND --help` says more.',
].join('\n');

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') {
    console.log(version);
    return 0;
  }
  const command = name === undefined ? undefined : COMMANDS[name];
  const wantsHelp = args.includes('--help') || args.includes('-h');
  if (wantsHelp) {
    console.log(command?.usage ?? usage);
    return 0;
  }
  try {
    if (!command) throw new UsageError(name === undefined ? 'Which command?' : `There is no command '${name}'.`);
    return await command.run(rest);
  } catch (error) {
    if (error instanceof Failure) {
      console.error(error.message);
      return 1;
    }
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${command?.usage ?? usage}`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
