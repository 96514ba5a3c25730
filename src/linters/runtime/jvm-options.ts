import type { Container } from '../../model/container.ts';
import type { Unit } from '../../model/unit.ts';
import { type ImageReference, parseImage } from '../../model/version.ts';
import { oncePerPart } from '../../text/once.ts';
import { effectiveVariable, imageOf } from './built-from.ts';
import { commandOf, hasOwnEntrypoint, type Piece, type Word, wordsOfVariable } from './jvm-words.ts';

/**
 * Start scripts of images that hand variables to `java`, in the script's order. Sources: apache/tomcat:bin/catalina.sh,
 * eclipse/jetty.docker:docker-entrypoint.sh, jenkinsci/docker:jenkins.sh, wildfly/wildfly:bin/standalone.conf, keycloak/keycloak:bin/kc.sh,
 * elastic/elasticsearch, opensearch-project/OpenSearch, elastic/logstash, apache/kafka:bin/kafka-run-class.sh, apache/solr:bin/solr.
 */
const SCRIPTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^tomcat$/, ['JAVA_OPTS', 'CATALINA_OPTS']],
  [/^jetty$/, ['JAVA_OPTIONS']],
  [/^jenkins$/, ['JAVA_OPTS', 'JENKINS_JAVA_OPTS']],
  [/^wildfly$/, ['JAVA_OPTS']],
  [/^keycloak$/, ['JAVA_OPTS', 'JAVA_OPTS_APPEND']],
  [/^elasticsearch(?:-oss)?$/, ['ES_JAVA_OPTS']],
  [/^opensearch$/, ['OPENSEARCH_JAVA_OPTS']],
  [/^logstash(?:-oss)?$/, ['LS_JAVA_OPTS']],
  [/^(?:cp-)?(?:kafka|zookeeper|server)(?:-connect)?$/, ['KAFKA_HEAP_OPTS', 'KAFKA_OPTS']],
  [/^solr$/, ['SOLR_JAVA_MEM']],
];
/** Images of programs that run no JVM, though a shared ConfigMap may give them its variables. */
const NO_JVM =
  /^(?:nginx|envoy|proxyv2|istio-proxy|haproxy|traefik|node|python|php|redis|memcached|postgres|mysql|mariadb|busybox|alpine|fluentd?|fluent-bit|curl|vault|oauth2-proxy|cloud-sql-proxy)$/;

/** The options that a container's JVM is started with, the winner of two last; empty where no JVM is known to read any. */
export const jvmOptionsOf = (unit: Unit, container: Container): readonly Word[] => options(unit, container);

const options = oncePerPart((unit: Unit, container: Container): readonly Word[] => {
  const command = commandOf(unit, container);
  const java = command.findLastIndex((piece) => isWord(piece) && /(?:^|\/)java$/.test(piece.text));
  if (NO_JVM.test(imageNamed(container)?.name ?? '')) return [];
  const variable = (name: string): readonly Word[] | 'unknown' => {
    const found = effectiveVariable(unit, container, name);
    return found ? (wordsOfVariable(container, found) ?? 'unknown') : [];
  };
  const started = java >= 0 ? launched(command.slice(java + 1), unit, container) : scripted(container).map(variable);
  // The launcher puts its variable before the command line; `_JAVA_OPTIONS` beats all. Tried on JDK 17.
  const sources = [
    variable('JAVA_TOOL_OPTIONS'),
    isJava8(unit, container) ? [] : variable('JDK_JAVA_OPTIONS'),
    ...started,
    variable('_JAVA_OPTIONS'),
  ];
  // Nobody knows which of the options before it an unseen one beats.
  return sources.slice(sources.lastIndexOf('unknown') + 1).flatMap((source) => (source === 'unknown' ? [] : source));
});

function isWord(piece: Piece): piece is Word {
  return piece !== 'unknown' && 'text' in piece;
}

/** Options that take the next word. */
const WITH_VALUE =
  /^(?:-cp|-classpath|--class-path|-p|--module-path|--upgrade-module-path|--add-modules|--add-exports|--add-opens|--add-reads|--limit-modules|--patch-module|--enable-native-access)$/;
const MAIN = /^(?:-jar|-m|--module|-version|--version)$/;

/** What stands between `java` and the program; its own arguments follow. */
function launched(pieces: readonly Piece[], unit: Unit, container: Container): (readonly Word[] | 'unknown')[] {
  const found: (readonly Word[] | 'unknown')[] = [];
  const rest = [...pieces];
  for (let piece = rest.shift(); piece; piece = rest.shift()) {
    if (piece === 'unknown') found.push('unknown');
    else if ('variable' in piece) found.push(shellVariable(piece.variable, unit, container));
    else if (WITH_VALUE.test(piece.text)) rest.shift();
    else if (MAIN.test(piece.text)) break;
    else if (/^(?:@|-XX:(?:Flags|VMOptionsFile)=)/.test(piece.text)) found.push('unknown');
    else if (!piece.text.startsWith('-')) break;
    else found.push([piece]);
  }
  return found;
}

/** A variable that nobody sets is empty; one that something unseen may set isn't known. */
function shellVariable(name: string, unit: Unit, container: Container): readonly Word[] | 'unknown' {
  const found = effectiveVariable(unit, container, name);
  if (found) return wordsOfVariable(container, found) ?? 'unknown';
  return container.env.unseen.length > 0 ? 'unknown' : [];
}

/** Where the workload starts something else, the image's script doesn't run. */
function scripted(container: Container): readonly string[] {
  if (hasOwnEntrypoint(container)) return [];
  const name = imageNamed(container)?.name ?? '';
  return SCRIPTS.find(([image]) => image.test(name))?.[1] ?? [];
}

function imageNamed(container: Container): ImageReference | undefined {
  return container.image?.known ? parseImage(container.image.value) : undefined;
}

/** The JDK that an image's tag names, as far as it is Java 8 or 9: `8u131-jre`, `1.8.0_131`, `9-jdk`. */
function oldJava(unit: Unit, container: Container): { readonly major: number; readonly update: number | undefined } | undefined {
  const image = [container, imageOf(unit, container)]
    .map((one) => one && imageNamed(one))
    .find((one) => one && /^(?:openjdk|java|jdk|jre|adoptopenjdk|eclipse-temurin|amazoncorretto|zulu-openjdk)\d*/.test(one.name));
  const [, eight, update8, update, nine] = /^(?:(8|1\.8)(?:u(\d+)|\.0[_.](\d+))?|(9))(?!\d)/.exec(image?.tag ?? '') ?? [];
  if (nine) return { major: 9, update: undefined };
  return eight ? { major: 8, update: update8 || update ? Number(update8 ?? update) : undefined } : undefined;
}

function isJava8(unit: Unit, container: Container): boolean {
  return oldJava(unit, container)?.major === 8;
}

/** `MaxRAMPercentage` came with 8u191 and 10; before, the JVM doesn't start with it. */
export function knowsPercentages(unit: Unit, container: Container): boolean {
  const old = oldJava(unit, container);
  return !old || (old.major === 8 && (old.update === undefined || old.update >= 191));
}

/** Elasticsearch, OpenSearch and Logstash want both ends of the heap as sizes, and at most half of the memory. */
export function wantsHalf(container: Container): boolean {
  return /^(?:elasticsearch|opensearch|logstash)/.test(imageNamed(container)?.name ?? '');
}
