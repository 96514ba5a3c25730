/**
 * Prints how many milliseconds of our own code pass until the extension is active: loading the bundle, and `activate`. The editor's own module
 * is a stand-in that answers anything at once, so that nothing is measured but us.
 */
const Module = require('node:module');
const { dirname, resolve } = require('node:path');

const anything = new Proxy(function stand() {}, {
  get: (_target, name) => {
    if (name === Symbol.toPrimitive) return () => 'x';
    // Awaited, it is a value like any other; iterated, it is empty.
    if (name === 'then') return undefined;
    return name === Symbol.iterator ? [][Symbol.iterator] : anything;
  },
  apply: () => anything,
  construct: () => anything,
});
const workspace = new Proxy({ textDocuments: [], workspaceFolders: [] }, { get: (own, name) => own[name] ?? anything });
// The bundler copies what a module owns into an object that inherits from the module's prototype: this one owns nothing and is its own prototype.
const editor = new Proxy({}, { get: (_own, name) => (name === 'workspace' ? workspace : anything), getPrototypeOf: () => editor });
const bundle = resolve(process.argv[2]);
const extensionPath = resolve(dirname(bundle), '..');
const packageJSON = require(resolve(extensionPath, 'package.json'));
const context = { extensionPath, extensionUri: anything, extension: { packageJSON }, subscriptions: [] };

const load = Module._load;
Module._load = (request, ...rest) => (request === 'vscode' ? editor : load(request, ...rest));
const started = performance.now();
const { activate } = require(bundle);
const loaded = performance.now();
activate(context);
const active = performance.now();
process.stdout.write(JSON.stringify({ loadMs: loaded - started, activateMs: active - loaded }), () => process.exit());
