/** The texts of warnings, in both languages. */
import type { RecorderWarning, WarningCode } from './types.ts';

/** Makes a warning of now. */
export function warning(
  code: WarningCode,
  en: string,
  zh: string,
  more: { active?: boolean; eventsLost?: number } = {},
): RecorderWarning {
  return { code, active: more.active ?? true, time: Date.now(), text: { en, zh }, ...lost(more.eventsLost) };
}

function lost(eventsLost: number | undefined): { eventsLost?: number } {
  return eventsLost === undefined ? {} : { eventsLost };
}

/** The agent did not stop in order. */
export function uncleanStop(): RecorderWarning {
  return warning(
    'unclean-stop',
    'The recorder was not stopped in order. Events of the last second before that, and those still waiting ' +
      'for the disk, are lost; numbering goes on after a gap.',
    '记录器上次未正常停止。停止前最后一秒内以及仍在等待写盘的事件已丢失;事件编号在跳过一段后继续。',
  );
}

/** The disk did not keep up. */
export function queueFull(eventsLost: number): RecorderWarning {
  return warning(
    'queue-full',
    `The disk does not keep up: ${eventsLost} events were dropped, the oldest first.`,
    `磁盘写入跟不上:已丢弃 ${eventsLost} 个最旧的事件。`,
    { eventsLost },
  );
}

/** The disk keeps up again. */
export function queueClear(): RecorderWarning {
  return warning('queue-full', 'The disk keeps up again.', '磁盘写入已恢复正常。', { active: false });
}

/** The disk is full. */
export function diskFull(directory: string): RecorderWarning {
  return warning(
    'disk-full',
    `The disk of ${directory} is full: the oldest events make room for new ones; findings are kept.`,
    `${directory} 所在磁盘已满:最旧的事件将被清除以腾出空间;发现会保留。`,
  );
}

/** The disk has room again. */
export function diskClear(directory: string, eventsLost: number): RecorderWarning {
  return warning(
    'disk-full',
    `The disk of ${directory} has room again; ${eventsLost} events could not be recorded meanwhile.`,
    `${directory} 所在磁盘已有空间;期间有 ${eventsLost} 个事件未能记录。`,
    { active: false, eventsLost },
  );
}

/** A write failed for another reason. */
export function writeFailed(reason: string, eventsLost: number): RecorderWarning {
  return warning(
    'write-failed',
    `Writing to the event database failed (${reason}); ${eventsLost} events are lost.`,
    `写入事件数据库失败(${reason});丢失 ${eventsLost} 个事件。`,
    { eventsLost },
  );
}

/** The writer thread ended by itself. */
export function writerDied(reason: string, eventsLost: number): RecorderWarning {
  return warning(
    'writer-died',
    `The writer of the event database ended (${reason}) and is started again; ${eventsLost} events are lost.`,
    `事件数据库写入线程意外终止(${reason}),正在重启;丢失 ${eventsLost} 个事件。`,
    { eventsLost },
  );
}
