/** One import statement; `names` are `a` or `a as b`. */
export type ImportWant = Readonly<{
  from: string;
  default?: string;
  names?: readonly string[];
  typeOnly?: boolean;
}>;
