import type { Message, MessageData } from '../linters/rule.ts';
import { messageText } from '../report/message.ts';
import type { Language } from '../runbooks/types.ts';

/** The command could not do its work: the text goes to standard error, the exit status is 2. */
export class CannotWork extends Error {
  private readonly said: Message;
  private readonly data: MessageData;

  constructor(said: Message, data: MessageData = {}) {
    super(messageText(said, data, 'en'));
    this.name = 'CannotWork';
    this.said = said;
    this.data = data;
  }

  textIn(language: Language): string {
    return messageText(this.said, this.data, language);
  }
}
