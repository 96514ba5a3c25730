import type { SourceFile } from '../text/source.ts';
import { functionsCalled } from './calls.ts';
import type { SqlPool } from './facts.ts';
import { nameIn } from './go-channels.ts';
import { anchorIn, isTestPath } from './group.ts';
import { textValue } from './literals.ts';
import { variableOf } from './lifetime.ts';
import { contextAt, importNamed, type Resolver } from './sources.ts';
import { argumentAt, type CallExpr, type Expr, functionOf, type Module, type Scope } from './syntax.ts';
import { targetsOf } from './target.ts';

const SQL = 'database/sql';
const MYSQL = 'github.com/go-sql-driver/mysql';
/** `database/sql` closes a connection by its age or idleness only when it is told to; both are unlimited by default. */
const LIMITS_LIFE = /\bSetConnMax(?:Lifetime|IdleTime)\b/;
/** Keeping no idle connections, or a number that isn't written there. */
const KEEPS_FEW = /\bSetMaxIdleConns\s*\((?!\s*[1-9][0-9_]*\s*\))/;

/** Could this file open a pool of `database/sql`? */
export function mayOpenPool(file: SourceFile): boolean {
  return file.path.endsWith('.go') && file.text.includes(`"${SQL}"`) && /\bOpen(?:DB)?\s*\(/.test(file.text);
}

/** Nothing in the component's Go code limits how long its pools keep connections. */
export function keepsConnections(files: readonly SourceFile[]): boolean {
  return !files.some(({ path, text }) => path.endsWith('.go') && !isTestPath(path) && (LIMITS_LIFE.test(text) || KEEPS_FEW.test(text)));
}

/** The pools that a Go file opens for MySQL and PostgreSQL, and doesn't hand to code outside the component. */
export function goPools(resolver: Resolver, module: Module): SqlPool[] {
  if (isTestPath(module.file.path)) return [];
  return module.calls.flatMap(({ call, scope }): SqlPool[] => {
    const api = call.callee.kind === 'member' ? nameIn(SQL, call, scope) : undefined;
    if ((api !== 'Open' && api !== 'OpenDB') || isHandedOut(resolver, module, call, scope)) return [];
    const at = anchorIn(module, call.callee);
    const driver = argumentAt(call, 0);
    const source = argumentAt(call, 1);
    if (api === 'OpenDB' || (source?.kind === 'call' && source.callee.kind === 'member' && source.callee.name === 'FormatDSN')) {
      return mysqlAddresses(module).map(({ expr, from }) => ({ at, form: 'address', targets: targetsOf(resolver, expr, from) }));
    }
    const name = driver && textValue(resolver, driver, contextAt(resolver, scope));
    if (!source || (name !== 'mysql' && name !== 'postgres' && name !== 'pgx')) return [];
    return [{ at, form: 'dsn', targets: targetsOf(resolver, source, scope) }];
  });
}

/** The values of `Addr` in the file's only `mysql.Config`. */
function mysqlAddresses(module: Module): { readonly expr: Expr; readonly from: Scope }[] {
  if (!module.imports.some(({ from }) => from === MYSQL)) return [];
  const written = (module.assignmentsOf.get('Addr') ?? []).flatMap(({ target, value, scope }) =>
    target.kind === 'member' && value ? [{ expr: value, from: scope }] : [],
  );
  const inRecords = (module.recordsWith.get('Addr') ?? []).flatMap(({ record, entry, scope }) =>
    record.type?.kind === 'member' && record.type.name === 'Config' ? [{ expr: entry.value, from: scope }] : [],
  );
  const all = [...written, ...inRecords];
  return all.length === 1 ? all : [];
}

/** The pool goes to a function of another module, which may set its limits. */
function isHandedOut(resolver: Resolver, module: Module, call: CallExpr, scope: Scope): boolean {
  const variable = variableOf(module, call);
  if (variable === undefined) return false;
  return module.calls.some(({ call: other, scope: at }) => {
    if (functionOf(at) !== functionOf(scope) || other.callee.kind !== 'member' || other.callee.object.kind !== 'name') return false;
    if (!other.args.some(({ value }) => value.kind === 'name' && value.name === variable)) return false;
    return importNamed(module, other.callee.object.name) !== undefined && functionsCalled(resolver, other, at).length === 0;
  });
}
