// Adds up what the runners report.
import { readFile } from 'node:fs/promises';

export const createTally = () => {
  const total = { passed: 0, failed: 0, failures: [] };
  return {
    total,
    add: (passed, failed, failures = []) => {
      total.passed += passed;
      total.failed += failed;
      total.failures.push(...failures);
    },
  };
};

/** Reads vitest's JSON report. A file that could not even be loaded counts as one failure. */
export const readVitest = async (path) => {
  const { numPassedTests, testResults } = JSON.parse(await readFile(path, 'utf8'));
  const failures = testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status !== 'passed');
    if (failed.length > 0) return failed.map((test) => `${name}: ${test.fullName}`);
    return status === 'failed' ? [`${name}: did not load`] : [];
  });
  return { passed: numPassedTests, failed: failures.length, failures };
};
