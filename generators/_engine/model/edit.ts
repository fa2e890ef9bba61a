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
      /** The ranges that were declared, in `base`: of a file of the user's, those that each `ensure…` gave. */
      changes: readonly TextChange[];
      /** What the user's formatter made of `base` with the changes; absent where they are the text to the letter. */
      formatted?: string;
      /** What the template gave, where the file is to hold the user's edits too. */
      rendered?: string;
    }>
  | Readonly<{ kind: 'delete'; path: RelPath; role: Role; base: string }>;
