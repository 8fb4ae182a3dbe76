// Tests run on what tsc emitted, as native ES modules: nothing is transformed, so a test sees exactly the code that is shipped.
export default {
  rootDir: 'dist',
  testMatch: ['<rootDir>/**/*.spec.js', '<rootDir>/**/*.e2e-spec.js'],
  testEnvironment: 'node',
  transform: {},
  globalSetup: '<rootDir>/libs/testing/src/global-setup.js',
  globalTeardown: '<rootDir>/libs/testing/src/global-teardown.js',
  testTimeout: 60_000,
  maxWorkers: 2,
  reporters: ['default'],
};
