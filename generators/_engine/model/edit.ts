import type { RelPath } from './paths.ts';
import type { Role } from './roles.ts';
import type { TextChange } from './text-change.ts';

export type Edit =
  | Readonly<{ kind: 'create'; path: RelPath; role: Role; text: string }>
  | Readonly<{
      kind: 'patch';
      path: RelPath;
      role: Role;
      base: string;
      changes: readonly TextChange[];
      /** What the template gave, where the file is to hold the user's edits too. */
      rendered?: string;
    }>
  | Readonly<{ kind: 'delete'; path: RelPath; role: Role; base: string }>;
