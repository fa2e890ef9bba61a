import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe } from 'vitest';

import { deleteGeneratedRepo } from '../helpers/generated-repo.ts';
import { materialize } from '../helpers/materialize.ts';
import { runCommand } from '../helpers/run-command.ts';
import { describeConsumerParts, type Load } from './parts/consumer-parts.ts';
import { describeProviderParts } from './parts/provider-parts.ts';

const root = materialize('parts', { fixture: 'npm-workspaces', args: [] });
const args = ['--target', 'user', '--protect', 'none', '--with', 'window,backoff,cache', '--no-format'];

beforeAll(async () => {
  await runCommand({ generator: 'add-s2s', args }, root);
});
afterAll(() => {
  deleteGeneratedRepo('parts');
});

/** Mutation testing runs the same suites on the modules that it has changed. */
function from(service: string): Load {
  return (path) => import(pathToFileURL(join(root, 'services', service, 'src', path)).href);
}

describe('the consumer', () => {
  describeConsumerParts(from('user-service'));
});
describe('the auth service', () => {
  describeProviderParts(from('auth-service'));
});
