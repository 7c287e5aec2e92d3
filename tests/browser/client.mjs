// A program on Node.js that uses the library: transfers the agent's call to the number that it is given, and prints what it
// is told, a JSON object a line. It ends with the outcome. With BATON_AGENT it is the page of a service, which has tickets
// alone, and acts for that agent.

const { BatonClient, BatonError } = await import(process.env.BATON_CLIENT);
const say = (line) => console.log(JSON.stringify(line));

const { BATON_URL: url, BATON_TOKEN: token, BATON_AGENT: agent } = process.env;
const ticket = async () => {
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/v1/ws-tickets`, { method: "POST", headers });
  return (await response.json()).ticket;
};
const who = agent ? { ticket, follow: [agent] } : { token };
const client = new BatonClient({ source: "test", url, ...who });
client.onConnection((connection) => say({ connection }));
client.subscribe("*", ({ subtopic, message }) => say({ event: subtopic, state: message?.state }));
try {
  await client.connect();
  const { transferId, outcome } = await client.transfer(
    process.argv[2],
    undefined,
    agent ? { agent } : {},
  );
  say({ what: "accepted", transferId });
  const { state } = await outcome;
  say({ what: "outcome", transferId, state });
} catch (error) {
  if (!(error instanceof BatonError)) throw error;
  say({ what: "refused", status: error.status, errorType: error.errorType });
}
client.close();
