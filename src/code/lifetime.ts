import type { SourceFile } from '../text/source.ts';
import type { GrpcChannel } from './facts.ts';
import { isVendoredPath } from '../text/vendored.ts';
import { isExamplePath, isGenerated, isTestPath } from './group.ts';
import { type CallExpr, calleeName, type Expr, functionOf, type Module, type Scope } from './syntax.ts';

/** Functions that run once for the whole program: closing there is cleaning up, not a channel per call. */
const ENTRY =
  /^(main|_main|async_main|init|run|serve|start|bootstrap|setup)$|^(run|serve|start|bootstrap|setup|cmd)[A-Z_]|^(Run|Serve|Start|Bootstrap|Setup|Main)/;

/** Is the channel of this call closed in the function that makes it, and that function no entry of the program? */
export function closedHere(module: Module, call: CallExpr, scope: Scope): boolean {
  const made = functionOf(scope);
  if (!made || isEntry(made)) return false;
  const site = module.calls.find((each) => each.call === call);
  if (site?.within === 'with') return true;
  const variable = variableOf(module, call);
  if (variable === undefined) return false;
  return module.calls.some((each) => {
    if (!/^(Close|close|shutdown|shutdownNow)$/.test(calleeName(each.call) ?? '') || functionOf(each.scope) !== made) return false;
    const deferred = each.within !== undefined || module.language === 'typescript' || module.language === 'javascript';
    return deferred && receiverOf(each.call) === variable;
  });
}

/**
 * Go: the connection leaves this file as the `io.Closer` beside a client, for the caller to close when it is done with the call
 * (argoproj/argo-cd reposerver/apiclient: `conn, client, err := NewRepoServerClient(); defer io.Close(conn)`).
 */
export function handedToClose(module: Module, call: CallExpr, scope: Scope): boolean {
  return returnsAsCloser(module, call, functionOf(scope), 0);
}

function returnsAsCloser(module: Module, call: CallExpr, made: Scope | undefined, hops: number): boolean {
  const variable = variableOf(module, call);
  const isReturned = made?.returns.some(({ value }) => value === call || (value.kind === 'name' && value.name === variable));
  if (!made || !isReturned || isEntry(made) || hops > 1) return false;
  if (/^\(\s*(?:\w+\s+)?(?:\w+\.)?Closer\b/.test(made.returnType ?? '')) return true;
  const callers = module.callsOf.get(made.name) ?? [];
  return callers.some((site) => returnsAsCloser(module, site.call, functionOf(site.scope), hops + 1));
}

function isEntry(scope: Scope): boolean {
  const isCommand = scope.parameters.some((each) => /cobra\.Command|cli\.Context|CommandContext/.test(each.type ?? ''));
  return isCommand || ENTRY.test(scope.name) || scope.annotations.some((each) => /^(command|group|PostConstruct|Bean)$/.test(each.name));
}

/** The variable that holds the result of a call or of the chain it begins. */
export function variableOf(module: Module, call: CallExpr): string | undefined {
  const whole = outermost(module, call);
  const found = module.assignments.find((each) => each.value === call || each.value === whole);
  return found?.target.kind === 'name' ? found.target.name : undefined;
}

/** `a().b().c()` for the call `a()`. */
export function outermost(module: Module, call: CallExpr): CallExpr {
  let at = call;
  for (let next = module.chained.get(at); next; next = module.chained.get(at)) at = next;
  return at;
}

/** The name a chain of calls begins with: `x` for `x.a().b()`. */
export function receiverOf(call: CallExpr): string | undefined {
  let at: Expr = call;
  for (;;) {
    if (at.kind === 'call') at = at.callee;
    else if (at.kind === 'member') at = at.object;
    else return at.kind === 'name' ? at.name : undefined;
  }
}

export function fileFlags(file: SourceFile): Pick<GrpcChannel, 'test' | 'example' | 'generated' | 'vendored'> {
  return {
    test: isTestPath(file.path),
    example: isExamplePath(file.path),
    generated: isGenerated(file),
    vendored: isVendoredPath(file.path),
  };
}
