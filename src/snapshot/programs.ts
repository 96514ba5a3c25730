import { parseImage } from '../model/version.ts';
import { parseShell } from '../text/shell.ts';
import { FLAGS, allowedIn } from './allowed.ts';
import { hidesJvmFlag, isJvmFlag } from './jvm-options.ts';

/** Programs some of whose flags are kept; `other`: the name of what is started and JVM flags, no more. */
export type Program = 'kiam' | 'kube2iam' | 'kong' | 'istio-init' | 'istio-proxy' | 'controller' | 'coredns' | 'other';

const BY_IMAGE: Readonly<Record<string, Program>> = {
  kiam: 'kiam',
  kube2iam: 'kube2iam',
  kong: 'kong',
  'kong-dev': 'kong',
  'kong-gateway': 'kong',
  'kong-gateway-dev': 'kong',
  'kong-enterprise-edition': 'kong',
  'kong-ee': 'kong',
  'kubernetes-ingress-controller': 'controller',
  'kong-ingress-controller': 'controller',
  proxyv2: 'istio-proxy',
  coredns: 'coredns',
  'k8s-dns-node-cache': 'coredns',
};

const BY_NAME: Readonly<Record<string, Program>> = {
  'istio-init': 'istio-init',
  'istio-validation': 'istio-init',
  'istio-proxy': 'istio-proxy',
  'ingress-controller': 'controller',
};

/** Which program a container runs: by its own name where an injector gives it, by its image, else by the words that start it. */
export function programOf(name: string | undefined, image: string | undefined, words: readonly unknown[]): Program {
  const named = name !== undefined && Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (named) return named;
  const imageName = image === undefined ? undefined : parseImage(image)?.name;
  const known = imageName !== undefined && Object.hasOwn(BY_IMAGE, imageName) ? BY_IMAGE[imageName] : undefined;
  if (known) return known;
  const said = words.filter((word) => typeof word === 'string');
  if (said.some((word) => /(?:^|[\s/])kiam(?:\s|$)|--role-base-arn/.test(word))) return 'kiam';
  return said.some((word) => /(?:^|[\s/])kong\s+(?:docker-start|start|migrations)\b|^(?:\S*\/)?kong$/.test(word)) ? 'kong' : 'other';
}

/** Runtimes whose name tells what a container is, wherever among its words it stands. */
const RUNTIMES = /^(?:java|node|npm|npx|yarn|pnpm|python[\d.]*|gunicorn|uvicorn|celery|flask|hypercorn|daphne|php[\d.]*|php-fpm[\d.]*)$/;
const SUPERVISORS = /^(?:supervisord|s6-svscan|runsvdir|monit|circusd|foreman|overmind|goreman)$/;

/** Words that are no flags and say what a program does. */
const WORDS: Readonly<Record<Program, RegExp>> = {
  kiam: /^(?:\/?(?:kiam|server|agent|health))$/,
  kube2iam: /(?!)/,
  kong: /^(?:kong|docker-start|start|restart|reload|migrations|bootstrap|up|finish|list|reset|config|check|vault|hybrid|version|health|runner|prepare|stop|quit|wait-for-(?:db|postgres|migrations)|pg_isready)$/,
  'istio-init': /^(?:istio-iptables|pilot-agent)$/,
  'istio-proxy': /^(?:proxy|sidecar|router|waypoint|pilot-agent)$/,
  controller: /(?!)/,
  coredns: /(?!)/,
  other: /(?!)/,
};

const DROPPED_VALUE = '$(dropped)';

/**
 * The words of `command` or `args` that are kept, in order; dropped ones are left out.
 * @param isCommand the list's first word is the program
 */
export function keptWords(raw: readonly unknown[], program: Program, isCommand: boolean): string[] {
  const kept: string[] = [];
  const words = raw.filter((word) => typeof word === 'string');
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (/\s/.test(word.trim())) {
      const script = keptScript(word, program);
      if (script !== '') kept.push(script);
      continue;
    }
    const flag = keptFlag(word, words[at + 1], program);
    if (flag) {
      kept.push(...flag.words);
      at += flag.took - 1;
    } else if (at === 0 && isCommand) kept.push(...firstWord(word));
    else if (isPlainKept(word, program)) kept.push(baseName(word));
  }
  return kept;
}

function firstWord(word: string): string[] {
  const base = baseName(word);
  return /^\/?[\w.+-]{1,64}$/.test(base) ? [base] : [];
}

/** Without folders, but for the slash of `/kiam` and `/server`, by which old images are known. */
function baseName(word: string): string {
  return /^\/[^/]+$/.test(word) ? word : word.slice(word.lastIndexOf('/') + 1);
}

function isPlainKept(word: string, program: Program): boolean {
  const base = baseName(word);
  if (WORDS[program].test(base) || WORDS[program].test(base.replace(/^\//, ''))) return true;
  const name = base.replace(/^\//, '');
  return RUNTIMES.test(name) || SUPERVISORS.test(name);
}

/** A shell's script: the programs that count, with their flags; the commands stay apart. */
function keptScript(text: string, program: Program): string {
  return parseShell(text)
    .commands.map(({ words }) => {
      const texts = words.map((word) => word.text ?? '');
      const kept = keptWords(
        texts.filter((word) => !/\s/.test(word)),
        program,
        false,
      );
      // Words that a variable makes may be any flag.
      if (kept.length > 0 && words.some((word) => word.text === undefined)) kept.push('$dropped');
      return kept.map((word) => (word.includes('$(') ? `'${word}'` : word)).join(' ');
    })
    .filter((command) => command !== '')
    .join(' && ');
}

interface KeptFlag {
  readonly words: readonly string[];
  /** How many words of the line it stands for. */
  readonly took: number;
}

function keptFlag(word: string, next: string | undefined, program: Program): KeptFlag | undefined {
  if (isJvmFlag(word)) return { words: [word], took: 1 };
  // What may be any flag stays as a word that nobody knows.
  if (program === 'other' && hidesJvmFlag(word)) return { words: ['@dropped'], took: 1 };
  if (/^\$\([A-Za-z_]\w*\)$/.test(word)) return { words: [word], took: 1 };
  const match = /^(--?)([A-Za-z][\w.-]{0,60})(=?)/.exec(word);
  if (!match) return undefined;
  const [lead, dashes = '', name = '', equals = ''] = match;
  if (equals === '' && lead.length < word.length) return { words: [], took: 1 };
  const allowed = allowedIn(flagsOf(program), name);
  const isNameKept = allowed !== undefined || (program === 'kiam' && /^[a-z][a-z0-9-]{1,40}$/.test(name));
  if (equals === '=') {
    if (!isNameKept) return { words: [], took: 1 };
    const value = word.slice(lead.length);
    return { words: [`${dashes}${name}=${allowed?.form.test(value) ? value : DROPPED_VALUE}`], took: 1 };
  }
  // `sh -c '…'`: a script is nobody's value.
  const takesNext = next !== undefined && !next.startsWith('-') && !/\s/.test(next.trim()) && !isPlainKept(next, program);
  if (!isNameKept) return { words: [], took: takesNext ? 2 : 1 };
  if (!takesNext) return { words: [word], took: 1 };
  return { words: [word, allowed?.form.test(next) ? next : DROPPED_VALUE], took: 2 };
}

function flagsOf(program: Program): (typeof FLAGS)[keyof typeof FLAGS] {
  if (program === 'kiam') return FLAGS['kiam-values'];
  return program === 'kong' || program === 'other' ? [] : FLAGS[program];
}

/** Commands of probes: the programs that ask, and addresses of the container itself. */
export function keptProbeCommand(raw: readonly unknown[]): string[] {
  const words = raw.filter((word) => typeof word === 'string');
  const flat = words.flatMap((word) =>
    /\s/.test(word.trim()) ? parseShell(word).commands.flatMap((command) => command.words.map(({ text }) => text ?? '')) : [word],
  );
  return flat.flatMap((word) => {
    const base = baseName(word).replace(/^\//, '');
    if (/^(?:sh|bash|curl|wget|http|kong|grpc_health_probe|grpc-health-probe)$/.test(base)) return [base];
    const url = /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):\d{1,5}(?:\/[a-z/]{0,60})?(?=$|\?)/.exec(word);
    if (url) return [url[0]];
    return /^--?addr=(?:localhost|127\.0\.0\.1|0\.0\.0\.0)?:\d{1,5}$/.test(word) ? [word] : [];
  });
}
