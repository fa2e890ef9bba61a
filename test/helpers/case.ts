import type { ObstacleCode } from '../../generators/_engine/model/obstacle.ts';
import type { FixtureName } from './fixtures.ts';

/** One command line of the pack: the generator and its flags. */
export interface Command {
  readonly generator: string;
  readonly args: readonly string[];
}

/** One HTTP request to a service that runs for real, and what must come back. */
export interface Probe {
  /** Folder of the service in the fixture; it is booted. */
  readonly service: string;
  /** Defaults to GET. */
  readonly method?: string;
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * `bearer`: as `ada@acme.test`, with the token of a real login in the Authorization header · `body`: with it as
   * `{ token }`. The auth service is booted for it, and consumers know its address.
   */
  readonly login?: 'bearer' | 'body';
  readonly status: number;
  /** Members that the JSON body must have. */
  readonly answer?: object;
}

/**
 * One generator on one fixture. Beside it, `changes.diff` is what becomes of the user's own files and `generated.txt`
 * names the template and the values of each file that is generated.
 */
export interface Case {
  /** `none` is an empty folder. */
  readonly fixture: FixtureName | 'none';
  /** Flags; the generator is the folder that the case is in. */
  readonly args: readonly string[];
  /** What ran before, in order. */
  readonly after?: readonly Command[];
  /** Files put over the fixture first: text, or a change of the text that is there; undefined removes the file. */
  readonly files?: Readonly<Record<string, string | ((text: string) => string) | undefined>>;
  readonly probe?: readonly Probe[];
  /** `expected/` holds every file in full instead: for a few fixtures whose style differs most. */
  readonly wholeFiles?: true;
  /** The codes of all obstacles: the generator must refuse and nothing may change. */
  readonly refusal?: readonly ObstacleCode[];
}
