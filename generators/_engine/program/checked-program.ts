import { posix } from 'node:path';

import { runCache } from '../model/run-caches.ts';
import { joinRel, type RelPath, toRel } from '../model/paths.ts';
import type { Repo } from '../model/repo.ts';
import {
  isInstalledFolder,
  isInstalledTypes,
  listInstalled,
  readInstalledTypes,
  realInstalledPath,
} from '../repo/disk.ts';
import libFiles from '../syntax/lib-files.cjs';
import { specifiersOf } from '../syntax/symbols.ts';
import { ts } from '../syntax/tree.ts';
import { foundOnce, type Survey } from './survey.ts';

/** A service as TypeScript's checker sees it, with the packages that are installed. */
export interface CheckedProgram {
  readonly checker: ts.TypeChecker;
  /** The service's own files. */
  readonly files: readonly ts.SourceFile[];
  /**
   * What its files import and what is not there, so that its types are `any`: dependencies that are not installed,
   * and code that is not generated; sorted.
   */
  readonly missing: readonly string[];
  file(path: RelPath): ts.SourceFile | undefined;
  /** What the compiler has to say of a file. */
  problems(path: RelPath): readonly Readonly<{ start: number; message: string }>[];
  /** The repo path of a file; undefined for what is outside of the repo, or installed. */
  pathOf(file: ts.SourceFile): RelPath | undefined;
}

const libFolder = '/lib-of-typescript';
const libs: ReadonlyMap<string, string> = new Map(
  libFiles.map(({ fileName, text }) => [`${libFolder}/${fileName}`, text]),
);

/**
 * Opens a service for the checker: seconds and hundreds of megabytes for a large one, so only what needs types does.
 * Packages that are not installed have no types.
 */
export const openChecked = foundOnce((survey: Survey): CheckedProgram => {
  const { files, repo } = survey;
  const host = hostOf(survey);
  const rootNames = files.map((path) => absolute(repo.root, path));
  const program = ts.createProgram({ rootNames, options: optionsOf(survey, host), host });
  const own = (path: RelPath): ts.SourceFile | undefined => program.getSourceFile(absolute(repo.root, path));
  const checker = program.getTypeChecker();
  const trees = files.flatMap((path) => own(path) ?? []);
  return {
    checker,
    files: trees,
    get missing() {
      return [...new Set([...missingPackages(survey), ...notGenerated(survey, checker, trees)])].toSorted();
    },
    file: own,
    problems: (path) =>
      program.getSemanticDiagnostics(own(path)).map(({ messageText, start = 0 }) => ({
        start,
        message: ts.flattenDiagnosticMessageText(messageText, ' '),
      })),
    pathOf: ({ fileName }) => inRepo(repo.root, fileName),
  };
});

function missingPackages(survey: Survey): readonly string[] {
  const { files, head, names, repo } = survey;
  const imported = files.flatMap((path) =>
    specifiersOf(survey.tree(path)).filter((specifier) => names.module(path, specifier) === undefined),
  );
  const packages = new Set(imported.map((one) => /^(?:@[^/]+\/)?[^/]+/.exec(one)?.[0] ?? ''));
  const known = [...packages].filter((name) => head.manifest.dependencies[name] !== undefined);
  return known.filter((name) => !isInstalled(absolute(repo.root, head.dir), name));
}

/** Packages without what is imported of them by name, as Prisma's client before it is generated, and files that are not there. */
function notGenerated(
  { repo }: Survey,
  checker: ts.TypeChecker,
  files: readonly ts.SourceFile[],
): readonly string[] {
  return files.flatMap(({ fileName, statements }) =>
    statements.filter(ts.isImportDeclaration).flatMap(({ importClause, moduleSpecifier: from }) => {
      if (importClause === undefined || !ts.isStringLiteral(from)) return [];
      if (from.text.startsWith('.')) {
        const path = inRepo(repo.root, posix.join(posix.dirname(fileName), from.text));
        const isThere = checker.getSymbolAtLocation(from) !== undefined || path === undefined;
        return isThere || isScript(repo, path) ? [] : [from.text];
      }
      if (checker.getSymbolAtLocation(from) === undefined) return [];
      const { namedBindings: named } = importClause;
      const names = named !== undefined && ts.isNamedImports(named) ? named.elements : [];
      return names.some((one) => isNowhere(checker, one)) ? [from.text] : [];
    }),
  );
}

/** A file that the checker does not read: JavaScript, JSON. */
function isScript(repo: Repo, path: RelPath): boolean {
  return ['', '.js', '/index.js'].some((end) => repo.read(toRel(`${path}${end}`)) !== undefined);
}

function isNowhere(checker: ts.TypeChecker, { name }: ts.ImportSpecifier): boolean {
  const symbol = checker.getSymbolAtLocation(name);
  return symbol !== undefined && checker.getAliasedSymbol(symbol).declarations === undefined;
}

/** In the folder, or in one above it, also above the root of the repo. */
function isInstalled(folder: string, name: string): boolean {
  if (isInstalledFolder(posix.join(folder, 'node_modules', name))) return true;
  const above = posix.dirname(folder);
  return above !== folder && isInstalled(above, name);
}

function absolute(root: string, path: RelPath): string {
  return `${slashes(root)}/${path}`;
}

function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}

/** The repo path of a file that is the repo's own, also of a package of the workspace that is linked where others are installed. */
function inRepo(root: string, path: string): RelPath | undefined {
  const start = `${slashes(root)}/`;
  const real = slashes(realInstalledPath(path));
  return real.startsWith(start) && !real.includes('/node_modules/')
    ? toRel(real.slice(start.length))
    : undefined;
}

function optionsOf({ repo, tsconfig }: Survey, host: ts.CompilerHost): ts.CompilerOptions {
  const given = tsconfig.path === undefined ? {} : configured(absolute(repo.root, tsconfig.path), host);
  const usual = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: ['node'] };
  const kept = { ...usual, ...given };
  // What is read is types, whatever the build emits and checks.
  for (const key of ['composite', 'incremental', 'declaration', 'outFile', 'plugins'])
    Reflect.deleteProperty(kept, key);
  // What browsers have is a third of all, and no service answers with it.
  const lib = ['lib.esnext.d.ts'];
  return { ...kept, lib, noEmit: true, skipLibCheck: true, strict: true, allowJs: false };
}

function configured(path: string, host: ts.CompilerHost): ts.CompilerOptions {
  const files = { ...host, readDirectory: () => [], useCaseSensitiveFileNames: true } as const;
  const onUnRecoverableConfigFileDiagnostic = (): void => undefined;
  const parsed = ts.getParsedCommandLineOfConfigFile(
    path,
    {},
    {
      ...files,
      onUnRecoverableConfigFileDiagnostic,
    },
  );
  return parsed?.options ?? {};
}

function hostOf(survey: Survey): ts.CompilerHost {
  const { repo } = survey;
  const read = (path: string): string | undefined => {
    const own = inRepo(repo.root, path);
    return libs.get(path) ?? (own === undefined ? readInstalledTypes(path) : repo.read(own));
  };
  const host: ts.CompilerHost = {
    fileExists: (path) => {
      const own = inRepo(repo.root, path);
      return libs.has(path) || (own === undefined ? isInstalledTypes(path) : repo.read(own) !== undefined);
    },
    directoryExists: (path) => {
      const own = path === slashes(repo.root) ? joinRel('.') : inRepo(repo.root, path);
      return own === undefined ? isInstalledFolder(path) : repo.list(own).length > 0;
    },
    readFile: read,
    getSourceFile: (path, options) => {
      if (inRepo(repo.root, path) === undefined) return declarations(path, options, read);
      const text = read(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, options);
    },
    getDirectories: (path) => [...listInstalled(path)],
    realpath: realInstalledPath,
    getDefaultLibFileName: (options) => `${libFolder}/${ts.getDefaultLibFileName(options)}`,
    getDefaultLibLocation: () => libFolder,
    writeFile: () => undefined,
    getCurrentDirectory: () => slashes(repo.root),
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
  };
  return { ...host, resolveModuleNameLiterals: resolverOf(survey, host) };
}

type Resolve = NonNullable<ts.CompilerHost['resolveModuleNameLiterals']>;

/** As the survey resolves it, also packages of a workspace that are not linked; else as TypeScript does. */
function resolverOf({ names, repo }: Survey, host: ts.CompilerHost): Resolve {
  const cache = ts.createModuleResolutionCache(slashes(repo.root), (path) => path);
  return (literals, from, redirected, options, file) =>
    literals.map((literal) => {
      const place = inRepo(repo.root, from);
      const own = place === undefined ? undefined : names.module(place, literal.text);
      if (own !== undefined) {
        const resolvedFileName = absolute(repo.root, own);
        return { resolvedModule: { resolvedFileName, extension: extensionOf(own) } };
      }
      const mode = ts.getModeForUsageLocation(file, literal, options);
      return ts.resolveModuleName(literal.text, from, options, host, cache, redirected, mode);
    });
}

/** Files of packages and of TypeScript itself: the services of a repo share most of them. */
const parsed = runCache<string, ts.SourceFile>();

function declarations(
  path: string,
  options: ts.ScriptTarget | ts.CreateSourceFileOptions,
  read: (path: string) => string | undefined,
): ts.SourceFile | undefined {
  const key = `${path} ${typeof options === 'object' ? String(options.impliedNodeFormat) : ''}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const text = read(path);
  if (text === undefined) return undefined;
  const file = ts.createSourceFile(path, text, options);
  parsed.set(key, file);
  return file;
}

function extensionOf(path: RelPath): ts.Extension {
  const [found = ts.Extension.Ts] = Object.values(ts.Extension)
    .filter((extension) => path.endsWith(extension))
    .sort((a, b) => b.length - a.length);
  return found;
}
