/** Failures of the API, in words for a person, in both languages. */
import type { Bilingual } from '@redoubt/model';

/** A failure that becomes an `ApiError` answer with its HTTP status. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly text: Bilingual;
  readonly column: number | undefined;

  /**
   * @param status HTTP status of the answer
   * @param code stable, for programs
   * @param text for a person
   * @param column where in `where` the error stands, from 1
   */
  constructor(status: number, code: string, text: Bilingual, column?: number) {
    super(text.en);
    this.status = status;
    this.code = code;
    this.text = text;
    this.column = column;
  }
}

/** 404 for a thing that has the given name. */
export function notFound(what: Bilingual): ApiFailure {
  return new ApiFailure(404, 'not_found', { en: `there is no ${what.en}`, zh: `没有${what.zh}` });
}
