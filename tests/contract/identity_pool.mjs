// Gets AWS credentials with the AWS SDK for JavaScript. Reads its task from stdin, writes what came of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_PATH + "/");
const { fromCognitoIdentity, fromCognitoIdentityPool } = require("@aws-sdk/credential-provider-cognito-identity");

const { region, endpoint, ...task } = JSON.parse(readFileSync(0, "utf8"));
const clientConfig = { region, endpoint, maxAttempts: 1 };

const provider = task.identityId
  ? fromCognitoIdentity({ ...task, clientConfig })
  : fromCognitoIdentityPool({ ...task, clientConfig });

const outcome = await provider().then(
  ({ identityId, accessKeyId, expiration }) => ({ identityId, accessKeyId, expiration }),
  (error) => ({ error: error.name, message: error.message }),
);
console.log(JSON.stringify(outcome));
