import type { SharedPackage } from '../model/code-facts.ts';
import { joinRel, type RelPath } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import type { Service } from '../model/service.ts';
import type { Draft } from '../repo/draft.ts';
import { isRecord, manifestsAbove } from '../repo/manifest.ts';

type Json = Readonly<Record<string, unknown>>;

/** What compiles tests in the service, where it works without a file of its own. */
export function jestTransform(repo: Repo, service: Service): string | undefined {
  const above = manifestsAbove(repo, service.dir);
  return ['ts-jest', '@swc/jest'].find((name) =>
    above.some(({ dependencies }) => dependencies[name] !== undefined),
  );
}

/**
 * Configuration of Jest for the package: its tests load the dependencies that tests of the service load, so what
 * Jest compiles of those is as in the service. Jest on Node before 24.9 cannot load ES modules in node_modules.
 */
export function jestConfig(repo: Repo, service: Service): Json {
  const { transform, transformIgnorePatterns } = jestSettings(repo, service);
  const own = isRecord(transform) && isPortable(transform) ? transform : {};
  const isTypeScriptCompiled = Object.keys(own).some((pattern) => isMatching(pattern, 'app.ts'));
  return {
    testEnvironment: 'node',
    testMatch: [`<rootDir>/test/*${service.layout.tests.suffix}.ts`],
    transform: { ...own, ...(isTypeScriptCompiled ? {} : { '^.+\\.ts$': jestTransform(repo, service) }) },
    ...(Array.isArray(transformIgnorePatterns) && isPortable(transformIgnorePatterns)
      ? { transformIgnorePatterns: transformIgnorePatterns as readonly unknown[] }
      : {}),
  };
}

/** Notes a configuration of Jest that is code: what it has Jest compile of the dependencies is for people to copy. */
export function noteJestSettings(draft: Draft, service: Service, shared: SharedPackage): void {
  const file = configFiles(draft.repo, service).find((path) =>
    draft.repo.read(path)?.includes('transformIgnorePatterns'),
  );
  if (file !== undefined)
    draft.note(`Copy transform and transformIgnorePatterns of ${file} to jest in ${shared.manifest.path}.`);
}

/** In the nearest package.json that has settings. */
function jestSettings(repo: Repo, { dir }: Service): Json {
  return (
    manifestsAbove(repo, dir)
      .map(({ json }) => json['jest'])
      .find(isRecord) ?? {}
  );
}

function configFiles(repo: Repo, { dir }: Service): readonly RelPath[] {
  return manifestsAbove(repo, dir).flatMap(({ path }) => {
    const folder = joinRel(path, '..');
    const files = repo.list(folder).filter(({ name }) => /^jest\.config\.\w+$/.test(name));
    return files.map(({ name }) => joinRel(folder, name));
  });
}

/** Not where it leads to a file of the service. */
function isPortable(settings: unknown): boolean {
  return !/<rootDir>|"\.{1,2}\//.test(JSON.stringify(settings));
}

function isMatching(pattern: string, path: string): boolean {
  try {
    return new RegExp(pattern).test(path);
  } catch {
    return false;
  }
}
