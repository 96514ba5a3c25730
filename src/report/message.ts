import type { Message, MessageData, Rule } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';

/** Fills `{name}` placeholders. A placeholder without data stays as written, so that it is seen and not silently lost. */
export function messageText(message: Message, data: MessageData | undefined, language: Language): string {
  const template = language === 'zh-cn' ? message.zh : message.en;
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = data && Object.hasOwn(data, name) ? data[name] : undefined;
    return value === undefined ? placeholder : String(value);
  });
}

/**
 * Text of one of a rule's messages: a finding, a related location, a fix title or a snippet's reason.
 * An id that the rule does not have gives the id itself: a report must not fail on it; the rules' own tests do.
 */
export function ruleText(
  rule: Pick<Rule, 'messages'> | undefined,
  messageId: string,
  data: MessageData | undefined,
  language: Language,
): string {
  const message = rule && Object.hasOwn(rule.messages, messageId) ? rule.messages[messageId] : undefined;
  return message ? messageText(message, data, language) : messageId;
}
