// The result of an export of rows, whatever the rows are.

export interface Exported {
  readonly rowCount: number;
  /** Whether there were more rows than it was allowed to write. */
  readonly isCut: boolean;
}
