import type { Case } from '../../../helpers/case.ts';

const logger = {
  name: '@acme/logger',
  private: true,
  type: 'module',
  exports: { '.': './src/index.ts' },
  scripts: { lint: 'eslint src', typecheck: 'tsc --noEmit' },
  devDependencies: { '@acme/tsconfig': 'workspace:^', typescript: '^5.9.3' },
};

/** Turborepo with Yarn, where packages export their sources and nobody compiles them alone. */
export const testCase: Case = {
  fixture: 'npm-workspaces',
  files: {
    'eslint.config.js': (text) =>
      text.replace("['services/**/*.ts']", "['packages/**/*.ts', 'services/**/*.ts']"),
    'package.json': (text) =>
      text.replace(/"npm@[^"]*"/, '"yarn@4.9.0"').replace('"services/*"', '"packages/*",\n    "services/*"'),
    '.yarnrc.yml': 'nodeLinker: node-modules\n',
    'turbo.json': JSON.stringify({ tasks: { build: { dependsOn: ['^build'] }, test: {} } }),
    'packages/logger/package.json': JSON.stringify(logger),
    'packages/logger/tsconfig.json': JSON.stringify({
      extends: '../../tsconfig.base.json',
      include: ['src'],
    }),
    'packages/logger/src/index.ts': 'export const level = "info";\n',
    'services/user-service/package.json': (text) =>
      text.replace('"dependencies": {', '"dependencies": {\n    "@acme/logger": "workspace:^",'),
    'services/user-service/tsconfig.json': (text) =>
      text.replace(/"outDir".*\n.*"rootDir".*/, '"noEmit": true'),
    'services/user-service/Dockerfile':
      'FROM node:20\nCOPY package.json ./\nCOPY packages/logger/package.json packages/logger/\nCOPY services/user-service/package.json services/user-service/\nRUN yarn install\nCOPY packages/logger packages/logger\nCOPY services/user-service services/user-service\n',
  },
  args: ['--target', 'user', '--protect', 'usersRoutes', '--shared', 'packages/s2s'],
  probe: [
    { service: 'services/user-service', path: '/users', login: 'bearer', status: 200 },
    { service: 'services/user-service', path: '/users', status: 401 },
  ],
};
