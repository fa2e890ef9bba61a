import { findService } from '../_engine/facts/app/service.ts';
import { objectShape } from '../_engine/facts/route-types/shape.ts';
import { routeKey } from '../_engine/facts/routes/public-routes.ts';
import {
  findStartCommand,
  folderExpression,
  folderImports,
  type StartCommand,
} from '../_engine/facts/start-command.ts';
import { importLines, placeFile, testFileFor } from '../_engine/facts/style/place-file.ts';
import type { RelPath } from '../_engine/model/paths.ts';
import type { Service } from '../_engine/model/service.ts';
import { renderTest } from '../_engine/render/render.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { printString } from '../_engine/syntax/print.ts';
import type { CalledClient } from './adopt.ts';
import type { Callee } from './callee.ts';
import { classNameOf } from './method-names.ts';
import { bodyOf, type CallMethod, paramsOf, queryOf } from './methods.ts';
import type { ServiceTestView } from './view.ts';

/** What a service keeps its data with: a test would have to bring it. */
const databases =
  /^(?:@prisma\/client|pg|postgres|mysql2?|mongodb|mongoose|typeorm|sequelize|knex|kysely|drizzle-orm|@mikro-orm\/.+|@fastify\/(?:postgres|mysql|mongodb|redis)|redis|ioredis)$/;

/** A test that calls the real callee, where that starts and answers by itself; else a note that says why there is none. */
export function planServiceTest(
  draft: Draft,
  service: Service,
  { callee, methods }: CalledClient,
  client: RelPath,
): void {
  if (service.testing.runner === 'none') return;
  const found = testable(draft, callee, methods);
  if (typeof found === 'string') {
    draft.note(`No test calls the real ${callee.label}: ${found}.`);
    return;
  }
  const { check, method, real, start } = found;
  const name = `${callee.name}-client`;
  const file = placeFile(service, 'plugins', name);
  const test = testFileFor(service, file, name);
  const className = classNameOf(callee.name);
  const view: ServiceTestView = {
    imports: [
      ...folderImports(service),
      ...importLines(service, test, [
        { from: file, names: [className] },
        { from: client, names: ['ServiceClient'] },
      ]),
    ],
    service: callee.label,
    className,
    route: routeKey(method.route),
    method: method.name,
    dir: folderExpression(service, test, real.dir),
    args: start.args,
    env: start.env.join(', '),
    script: start.script === undefined ? [] : [start.script],
    check,
  };
  const text = renderTest('add-service-call/service-call.test.ts.hbs', view, service.style, service.testing);
  draft.create(test, 'integration-test', text);
}

interface Testable {
  readonly real: Service;
  readonly start: StartCommand;
  readonly method: CallMethod;
  readonly check: string;
}

function testable(draft: Draft, callee: Callee, methods: readonly CallMethod[]): Testable | string {
  const { destination } = callee;
  const real = destination && findService(draft.repo, destination.head.dir);
  if (real === undefined) return 'it is not in this repository';
  const database = Object.keys(real.manifest.dependencies).find((name) => databases.test(name));
  if (database !== undefined) return `it needs what ${database} connects to`;
  const start = findStartCommand(real, 'callee');
  if (start?.port !== '0') return 'nothing in it starts it on any port';
  if (real.tooling.runTypeScript === undefined) return 'nothing in it runs TypeScript without a build';
  const [first] = methods.flatMap((method) => {
    const check = checkOf(callee, method);
    return check === undefined ? [] : [{ real, start, method, check }];
  });
  return first ?? 'each of its routes needs data or a token, or answers without fields';
}

/** What is certain of the answer to a call without data; undefined where there is none, or nothing is. */
function checkOf({ guarded, types }: Callee, { route, typed }: CallMethod): string | undefined {
  const needsData =
    route.method !== 'GET' ||
    paramsOf(typed, types).length > 0 ||
    queryOf(typed, types).members.some(({ optional }) => !optional) ||
    bodyOf(typed) !== undefined;
  if (needsData || guarded.has(routeKey(route))) return undefined;
  if (typed.answer.kind === 'array') return 'expect(Array.isArray(answer)).toBe(true);';
  const member = objectShape(typed.answer, types)?.members.find(({ optional }) => !optional);
  return member && `expect(Object.keys(answer)).toContain(${printString(member.name)});`;
}
