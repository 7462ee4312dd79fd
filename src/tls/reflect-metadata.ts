// @peculiar/x509 wires its parts with tsyringe, which refuses to load unless the Reflect metadata
// functions exist. It asks them only for constructor parameters of classes that have none, so two
// functions that always answer "nothing recorded" are enough and spare a dependency.
// Import this file before @peculiar/x509.

if (!('getMetadata' in Reflect)) {
  const nothingRecorded = { value: () => undefined, configurable: true, writable: true };
  Object.defineProperties(Reflect, {
    getMetadata: nothingRecorded,
    getOwnMetadata: nothingRecorded,
  });
}
