/** Signs the page /amazon/ in. Gives back what the agent is to be told where that failed, else nothing. */
export async function signIn(login: unknown, password: unknown): Promise<string> {
  let response: Response;
  try {
    response = await fetch("/v1/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ login, password }),
    });
  } catch {
    return "Baton does not answer. Try again.";
  }
  if (response.ok) return "";
  // Baton says why: a wrong password, or how long to wait after many.
  const body = (await response.json().catch(() => null)) as { msg?: unknown } | null;
  return typeof body?.msg === "string"
    ? body.msg
    : `Baton is not reached: HTTP ${response.status}.`;
}
