import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { projectRoot } from '../../helpers/project-root.ts';

const folder = join(projectRoot, 'templates/add-auth-middleware');
const own = readFileSync(join(folder, 'auth-middleware.ts.hbs'), 'utf8');
const shared = readFileSync(join(folder, 'authentication.ts'), 'utf8');

/** The functions of a text by their names, without layout. */
function functionsIn(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/^(?:export )?function (\w+)[^]*?\n\}$/gm);
  return new Map([...found].map(([body, name = '']) => [name, withoutLayout(body)]));
}

function withoutLayout(code: string): string {
  return code.replaceAll(/\s+/g, ' ').replaceAll(/ (?=\.)|(?<=\() |,? (?=\))|,(?= \})/g, '');
}

/** What the package says instead of a name. */
const spelled: readonly (readonly [string | RegExp, string])[] = [
  ['String(memberOf(request, names.correlationId))', 'request.{{correlationMember}}'],
  ['memberOf(request, names.user)', 'request.{{userMember}}'],
  ['setMember(request, names.user, user);', 'request.{{userMember}} = user;'],
  ['setMember(request, name, correlationId);', 'request.{{correlationMember}} = correlationId;'],
  [/, (?:names|claims|name|variable): (?:AuthenticationNames|Claims|string)/g, ''],
  [/, (?:claims|names\.url)\)/g, ')'],
  ['`request.${names.user} is also', "'request.{{userMember}} is also"],
  ['replaces it`', "replaces it'"],
  ['`check ${variable} and SERVICE_AUTH_SECRET`', "'check {{urlVariable}} and SERVICE_AUTH_SECRET'"],
  ['{...claims(answer), userId', '{ userId'],
  ['The member is no proof', '`request.{{userMember}}` is no proof'],
  ['contexts made before the plugin', 'contexts made before this plugin'],
];

it.each([
  'createAuthenticate',
  'createVerifier',
  'readAnswer',
  'refuse',
  'fail',
  'unavailable',
  'setCorrelationId',
])('%s does in a shared package what it does in a service', (name) => {
  const [copy = '', text = ''] = [functionsIn(own).get(name), functionsIn(shared).get(name)];
  const named = spelled.reduce((rest, [from, to]) => rest.replaceAll(from, to), text);
  expect(copy).not.toBe('');
  expect(named).toBe(copy.replace('{{carried}}', ''));
});
