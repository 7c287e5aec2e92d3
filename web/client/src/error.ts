import type { ApiErrorData, Reason } from "./messages.ts";

/** The server refused a request. Branch on `errorType`, and on `reason` for more; `message` is for people. */
export class BatonError extends Error {
  override readonly name = "BatonError";
  readonly errorType: string;
  readonly reason: Reason | undefined;

  /**
   * @param data what the server said
   * @param status of its HTTP response; 0 where it came over the socket
   * @param id of the request
   */
  constructor(
    readonly data: ApiErrorData,
    readonly status: number,
    readonly id?: string,
  ) {
    super(data.msg);
    this.errorType = data.errorType;
    this.reason = data.reason;
  }
}

/** There was no answer in time, or no connection to ask over. Whether the request was carried out is unknown. */
export class BatonUnreachable extends Error {
  override readonly name = "BatonUnreachable";
}
