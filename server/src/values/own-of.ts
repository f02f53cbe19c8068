// Looks a name up that is known only at run time. On a plain object `constructor`, `toString` and `__proto__` are found
// although nobody put them there; here they are not. (Names that come in and are written belong in a Map.)

/** What the object itself has under this name. */
export function ownOf<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
