// A program on Node.js that uses the library: transfers the agent's call to the number that it is given, and prints what it
// is told, a JSON object a line. It ends with the outcome.

const { BatonClient, BatonError } = await import(process.env.BATON_CLIENT);
const say = (line) => console.log(JSON.stringify(line));

const client = new BatonClient({
  source: "test",
  url: process.env.BATON_URL,
  token: process.env.BATON_TOKEN,
});
client.onConnection((connection) => say({ connection }));
client.subscribe("*", ({ subtopic, message }) => say({ event: subtopic, state: message?.state }));
try {
  await client.connect();
  const { transferId, outcome } = await client.transfer(process.argv[2]);
  say({ what: "accepted", transferId });
  const { state } = await outcome;
  say({ what: "outcome", transferId, state });
} catch (error) {
  if (!(error instanceof BatonError)) throw error;
  say({ what: "refused", status: error.status, errorType: error.errorType });
}
client.close();
