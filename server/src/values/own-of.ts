// Looks up a name that is known only at run time. A plain object also has `constructor`, `toString` and `__proto__`, although
// nobody put them there; this look-up ignores them. (Names that come in and are written belong in a Map.)

/** The value that the object itself has under this name. */
export function ownOf<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
