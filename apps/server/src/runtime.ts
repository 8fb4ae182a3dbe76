const oldestMajor = 24;

/** Ends the process with a sentence when it runs on a Node.js that Larder does not support. */
export function refuseOldRuntime(version: string): void {
  const problem = runtimeProblem(version);
  if (problem === undefined) return;
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

/** Undefined when this version will do. */
export function runtimeProblem(version: string): string | undefined {
  const major = Number(version.split('.')[0]);
  if (major >= oldestMajor) return undefined;
  return (
    `Larder needs Node.js ${oldestMajor} or newer to run, and this is ${version}. ` +
    'The right one comes with its packages: run "npm ci" and then "npm start", which use it by themselves.'
  );
}
