// Signs in with amazon-cognito-identity-js and renews the tokens. Reads its task from stdin, writes what came of it.
const { AuthenticationDetails, CognitoUser, CognitoUserPool } = require("amazon-cognito-identity-js");

const task = JSON.parse(require("fs").readFileSync(0, "utf8"));

const kept = new Map();
const Storage = {
  setItem: (name, value) => kept.set(name, value),
  getItem: (name) => kept.get(name) ?? null,
  removeItem: (name) => kept.delete(name),
  clear: () => kept.clear(),
};
const Pool = new CognitoUserPool({ UserPoolId: task.pool, ClientId: task.client, endpoint: task.endpoint + "/", Storage });
const user = new CognitoUser({ Username: task.username, Pool, Storage });

const tell = (outcome) => console.log(JSON.stringify(outcome));
const tokens = (session) => ({
  id: session.getIdToken().getJwtToken(),
  access: session.getAccessToken().getJwtToken(),
});

const steps = {
  onSuccess: (session) =>
    user.refreshSession(session.getRefreshToken(), (error, renewed) =>
      tell(error ? { error: error.name, in: "refresh" } : { signedIn: tokens(session), renewed: tokens(renewed) }),
    ),
  onFailure: (error) => tell({ error: error.name, message: error.message }),
  totpRequired: (name) => user.sendMFACode(task.code, steps, name),
  newPasswordRequired: () => user.completeNewPasswordChallenge(task.newPassword, {}, steps),
};
user.authenticateUser(new AuthenticationDetails({ Username: task.username, Password: task.password }), steps);
