import { LANGUAGES, type Language } from '../runbooks/types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The language that the environment asks for, in POSIX order: the first of LC_ALL, LC_MESSAGES and LANG that is set. */
export function environmentLanguage(environment: Environment): Language {
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^zh(?:[_.@-]|$)/i.test(locale) ? 'zh-cn' : 'en';
}

/** The language for help and for errors that come before options are parsed. */
export function earlyLanguage(args: readonly string[], environment: Environment): Language {
  const at = args.indexOf('--lang');
  const given = at >= 0 ? args[at + 1] : args.find((arg) => arg.startsWith('--lang='))?.slice('--lang='.length);
  return LANGUAGES.find((language) => language === given) ?? environmentLanguage(environment);
}
