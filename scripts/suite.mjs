// Runs one extension suite without building or installing first: node scripts/suite.mjs main|reload|trust [PATTERN of titles]
import { installCodeServer } from './lib/codeServer.mjs';
import { extensionSuites, runExtensionSuite } from './lib/extensionSuite.mjs';

await installCodeServer();
const [name = 'main', only = ''] = process.argv.slice(2);
const { passed, failed } = await runExtensionSuite(name, { ...(await extensionSuites[name]()), only });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
