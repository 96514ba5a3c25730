import type { Fix, Snippet } from '../../../fixes/change.ts';
import type { Component } from '../../../model/component.ts';
import { dependenciesNamed } from '../../../model/project/resolve.ts';
import type { Anchor } from '../../../text/source.ts';
import type { Rule } from '../../rule.ts';
import { type OptionText, optionTexts } from '../jvm-options.ts';

/**
 * `networkaddress.cache.ttl` is a security property: the JVM reads it with `Security.getProperty`, so `-D` never sets it. What `-D` can set
 * is its fallback `sun.net.inetaddr.ttl`, which works because the stock java.security leaves the security property unset. For failed
 * lookups nothing works on the command line: java.security ships `networkaddress.cache.negative.ttl=10`, which beats the fallback.
 * Tried on JDK 17.0.15: `-Dnetworkaddress.cache.ttl=5` still gives 30, `-Dsun.net.inetaddr.ttl=5` gives 5.
 * One library reads the very system property: grpc-java's DnsNameResolver, for the life of its own results.
 */
export const jvmTtlNoEffect: Rule = {
  id: 'dns/jvm-ttl-no-effect',
  title: { en: '-Dnetworkaddress.cache.ttl does nothing', zh: '-Dnetworkaddress.cache.ttl 不起作用' },
  runbook: 'dns/slow-lookups',
  severity: 'warning',
  default: 'on',
  affects: 'Java, all versions',
  fixable: 'safe',
  sources: [
    'openjdk/jdk:src/java.base/share/classes/sun/net/InetAddressCachePolicy.java',
    'openjdk/jdk:src/java.base/share/conf/security/java.security',
    'grpc/grpc-java:core/src/main/java/io/grpc/internal/DnsNameResolver.java@v1.68.0',
  ],
  messages: {
    noEffect: {
      en: 'The JVM doesn’t read this: networkaddress.cache.ttl is a security property, not a system property, so addresses stay cached for 30s. Write -Dsun.net.inetaddr.ttl.',
      zh: 'JVM 不读取这个参数：networkaddress.cache.ttl 是安全属性而不是系统属性，解析结果仍会缓存 30s。请改用 -Dsun.net.inetaddr.ttl。',
    },
    grpc: {
      en: 'For the JVM’s own DNS cache this does nothing (a security property, not a system property); only grpc-java reads it, for its resolver. Add -Dsun.net.inetaddr.ttl beside it; don’t replace it.',
      zh: '对 JVM 自身的 DNS 缓存不起作用（它是安全属性而不是系统属性），只有 grpc-java 的解析器会读取它。请在旁边加上 -Dsun.net.inetaddr.ttl，不要替换。',
    },
    grpcUnseen: {
      en: 'For the JVM’s own DNS cache this does nothing (a security property, not a system property). grpc-java would read it for its resolver; whether it is in use can’t be seen here, so add -Dsun.net.inetaddr.ttl beside it.',
      zh: '对 JVM 自身的 DNS 缓存不起作用（它是安全属性而不是系统属性）。grpc-java 的解析器会读取它，但这里看不出是否使用了 grpc-java，因此请在旁边加上 -Dsun.net.inetaddr.ttl。',
    },
    negative: {
      en: 'The JVM doesn’t read this: networkaddress.cache.negative.ttl is a security property, and failed lookups stay cached for 10s. No -D sets it; it takes a line in java.security.',
      zh: 'JVM 不读取这个参数：networkaddress.cache.negative.ttl 是安全属性，失败的解析仍会缓存 10s。任何 -D 都无法设置，只能写在 java.security 里。',
    },
    replace: { en: 'Write -Dsun.net.inetaddr.ttl', zh: '改为 -Dsun.net.inetaddr.ttl' },
    add: { en: 'Add {option} beside it', zh: '在旁边加上 {option}' },
    byHand: {
      en: 'Add this option behind the other; here it takes an entry or quotes of its own.',
      zh: '请把该参数加在原参数之后；此处需要单独成项或另加引号。',
    },
    security: {
      en: 'java.security is part of the image: change it there (Java 8: jre/lib/security).',
      zh: 'java.security 属于镜像：请在构建镜像时修改（Java 8：jre/lib/security）。',
    },
  },
  check({ unit, report }) {
    for (const options of optionTexts(unit)) {
      for (const flag of flagsIn(options.text)) {
        const at = options.span(flag.start, flag.end);
        if (isUnsaid(at) || isSetByCode(options.components, flag.property)) continue;
        if (flag.negative) report({ messageId: 'negative', at, snippet: securitySnippet(flag.value) });
        else if (!options.beside().includes('-Dsun.net.inetaddr.ttl')) {
          const grpc = grpcJava(options.components);
          if (grpc === 'absent') report({ messageId: 'noEffect', at, fixes: [replaceFix(options, flag)] });
          else report({ messageId: grpc === 'used' ? 'grpc' : 'grpcUnseen', at, severity: 'information', ...addFix(options, flag) });
        }
      }
    }
  },
};

interface TtlFlag {
  readonly property: string;
  readonly negative: boolean;
  readonly start: number;
  readonly end: number;
  /** As written; `undefined` when it has no value, or none that can be repeated. */
  readonly value: string | undefined;
}

const FLAG = /(?<![\w.-])-D(networkaddress\.cache\.(negative\.)?ttl)(?![\w.])(?:=([^\s"',;\]<>]*))?/g;

function flagsIn(text: string): TtlFlag[] {
  return [...text.matchAll(FLAG)].map((match) => {
    const [whole, property = '', negative, value] = match;
    return {
      property,
      negative: negative !== undefined,
      start: match.index,
      end: match.index + whole.length,
      value: value === undefined || value === '' || value.includes('{{') ? undefined : value,
    };
  });
}

/** In a template's action or in a comment of a script: nothing is given to a JVM there. */
function isUnsaid({ file: { text }, start }: Anchor): boolean {
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return line.lastIndexOf('{{') > line.lastIndexOf('}}') || /(?:^|\s)#/.test(line);
}

/** The program passes the system property on to the security property itself. */
function isSetByCode(components: readonly Component[], property: string): boolean {
  return components.some(({ sources }) =>
    sources.some(({ text }) => text.includes(property) && text.includes('Security.setProperty') && text.includes('System.getProperty')),
  );
}

function grpcJava(components: readonly Component[]): 'used' | 'absent' | 'unseen' {
  const used = components.some(({ dependencies }) => dependenciesNamed(dependencies, 'maven', 'io.grpc:grpc-').length > 0);
  if (used) return 'used';
  return components.length > 0 && components.every(({ dependencies }) => dependencies.complete.has('maven')) ? 'absent' : 'unseen';
}

function replaceFix(options: OptionText, flag: TtlFlag): Fix {
  const from = flag.start + '-D'.length;
  const at = options.span(from, from + flag.property.length);
  // A time of zero or for ever is worth a look before it begins to count.
  const safety = flag.value !== undefined && /^[1-9]\d*$/.test(flag.value) ? 'safe' : 'review';
  return {
    id: 'replace',
    titleId: 'replace',
    data: {},
    safety,
    changes: [{ change: 'replace-text', at, text: 'sun.net.inetaddr.ttl' }],
  };
}

function addFix(options: OptionText, flag: TtlFlag): { fixes?: readonly Fix[]; snippet?: Snippet } {
  if (flag.value === undefined) return {};
  const option = `-Dsun.net.inetaddr.ttl=${flag.value}`;
  const changes = options.addAfter(flag.end, option);
  if (!changes) return { snippet: { reasonId: 'byHand', data: {}, language: 'text', text: `${option}\n` } };
  return { fixes: [{ id: 'add', titleId: 'add', data: { option }, safety: 'review', changes }] };
}

function securitySnippet(value: string | undefined): Snippet {
  const text = `RUN echo 'networkaddress.cache.negative.ttl=${value ?? '2'}' >> "$JAVA_HOME/conf/security/java.security"\n`;
  return { reasonId: 'security', data: {}, language: 'dockerfile', text };
}
