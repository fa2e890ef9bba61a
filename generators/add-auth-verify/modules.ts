import type { Role } from '../_engine/model/roles.ts';
import type { Service } from '../_engine/model/service.ts';
import { createRedisLifecycle, usesNodeRedis } from '../_engine/edit/redis-connection.ts';
import type { Draft } from '../_engine/repo/draft.ts';
import { renderModule } from '../_engine/render/render.ts';
import { specifiersOf, type VerifyFiles } from './files.ts';
import type { TokenPolicy } from './token-policy.ts';
import type { Blacklist, VerifyChoices } from './view.ts';

/** A file, and the template that it is rendered from. */
type Module = readonly [file: keyof VerifyFiles, template: string];

/** The modules that the route and its denylist consist of: each is one text, whatever the others are. */
export function createModules(
  draft: Draft,
  service: Service,
  files: VerifyFiles,
  { blacklist, keys }: Pick<VerifyChoices, 'blacklist' | 'keys'>,
  policy: TokenPolicy,
): void {
  const specifiers = specifiersOf(service, files);
  const create = (role: Role, modules: readonly Module[]): void => {
    for (const [file, template] of modules) {
      const text = renderModule(`add-auth-verify/${template}.ts`, specifiers, service.style);
      draft.create(files[file], role, text);
    }
  };
  // Of that role because consumers have the file as well, and no verify route.
  create('token-blacklist', [['tokenKey', 'token-key']]);
  create('verify-route', routeModules(service));
  if (keys !== undefined) {
    create('verify-route', [
      ['keys', 'signing-keys'],
      ['decorators', 'signing-decorators'],
    ]);
  }
  if (blacklist === 'none') return;
  create('token-blacklist', [
    ['blacklist', 'token-blacklist'],
    ...(policy.cookies.length > 0 ? ([['cookies', 'request-cookies']] as const) : []),
    ...(usesMemory(service, blacklist) ? ([['memory', 'memory-blacklist-store']] as const) : []),
  ]);
  if (blacklist === 'memory') return;
  const client = usesNodeRedis(service) ? 'node-redis' : 'ioredis';
  create('token-blacklist', [
    ['reply', 'redis-reply'],
    ['redis', `redis-blacklist-store.${client}`],
  ]);
  createRedisLifecycle(draft, service, 'token-blacklist');
}

function routeModules(service: Service): readonly Module[] {
  const { library } = service.jwt;
  const variant = library === '@fastify/jwt' || library === 'none' ? 'fastify-jwt' : library;
  return [
    ['claims', 'token-claims'],
    ['verifier', `token-verifier.${variant}`],
    ['route', 'verify-route'],
  ];
}

/** By choice, and outside production where there is no Redis. */
export function usesMemory({ redis: { client } }: Service, blacklist: Blacklist): boolean {
  return blacklist === 'memory' || (blacklist === 'redis' && (client === undefined || client.optional));
}
