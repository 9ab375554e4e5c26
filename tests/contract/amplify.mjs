// Does with aws-amplify what it reads from stdin, a task a line, and writes what came of it, a line each.
import { createRequire } from "node:module";
import readline from "node:readline";

const require = createRequire(process.env.NODE_PATH + "/");
const { Amplify } = require("aws-amplify");
const auth = require("aws-amplify/auth");

globalThis.navigator ??= { userAgent: "node" }; // a device gets its name from it

const without = ({ do: _, endpoint, pool, client, ...rest }) => rest;
let configured = false;

// Each task is a function of the library, and takes what that function takes.
const perform = async (task) => {
  if (!configured) {
    const Cognito = { userPoolId: task.pool, userPoolClientId: task.client, userPoolEndpoint: task.endpoint };
    Amplify.configure({ Auth: { Cognito } });
    configured = true;
  }
  const outcome = await auth[task.do](without(task));
  const { tokens } = task.do === "fetchAuthSession" ? outcome : {};
  return tokens ? { access: tokens.accessToken.toString(), id: tokens.idToken.toString() } : (outcome ?? null);
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const outcome = await perform(JSON.parse(line)).then(
    (done) => ({ done }),
    (error) => ({ error: error.name, message: error.message }),
  );
  console.log(JSON.stringify(outcome));
}
