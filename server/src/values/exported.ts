// What an export of rows answers, whatever the rows are.

export interface Exported {
  readonly rowCount: number;
  /** There were more rows than it was allowed to write. */
  readonly isCut: boolean;
}
