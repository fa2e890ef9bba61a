import { dirname } from 'node:path';

import ts from 'typescript';

/** Files outside the cases, parsed once for all programs of this process that have the same options. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Type-checks a service with its own tsconfig (absolute path), without writing; one line for each error. */
export function compileService(tsconfig: string): readonly string[] {
  const problems: ts.Diagnostic[] = [];
  const config = ts.getParsedCommandLineOfConfigFile(
    tsconfig,
    { noEmit: true, incremental: false, composite: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => problems.push(problem) },
  );
  if (config === undefined) return format(problems, dirname(tsconfig));
  const host = cachingHost(config.options);
  const program = ts.createProgram({ rootNames: config.fileNames, options: config.options, host });
  const found = [...config.errors, ...ts.getPreEmitDiagnostics(program)];
  return format([...problems, ...found], dirname(tsconfig));
}

function cachingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const read = host.getSourceFile.bind(host);
  const { target, module, moduleResolution, moduleDetection, strict } = options;
  const bucket = JSON.stringify([target, module, moduleResolution, moduleDetection, strict]);
  host.getSourceFile = (path, languageVersion, onError, fresh) => {
    if (/[\\/]\.cases[\\/]/.test(path)) return read(path, languageVersion, onError, fresh);
    const mode = typeof languageVersion === 'object' ? (languageVersion.impliedNodeFormat ?? 0) : 0;
    const key = `${bucket} ${String(mode)} ${path}`;
    if (!parsed.has(key)) parsed.set(key, read(path, languageVersion, onError, fresh));
    return parsed.get(key);
  };
  return host;
}

function format(problems: readonly ts.Diagnostic[], folder: string): readonly string[] {
  const host = {
    getCanonicalFileName: (path: string) => path,
    getCurrentDirectory: () => folder,
    getNewLine: () => '\n',
  };
  return problems.map((problem) => ts.formatDiagnostic(problem, host).trimEnd());
}
