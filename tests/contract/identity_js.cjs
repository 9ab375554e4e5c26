// Does with amazon-cognito-identity-js what it reads from stdin, a task a line, and writes what came of it, a line each.
const {
  AuthenticationDetails,
  CognitoRefreshToken,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
} = require("amazon-cognito-identity-js");

const kept = new Map();
const Storage = {
  setItem: (name, value) => kept.set(name, value),
  getItem: (name) => kept.get(name) ?? null,
  removeItem: (name) => kept.delete(name),
  clear: () => kept.clear(),
};
let Pool, user;

const attributes = (values) => Object.entries(values).map(([Name, Value]) => new CognitoUserAttribute({ Name, Value }));
const tokens = (session) => ({
  id: session.getIdToken().getJwtToken(),
  access: session.getAccessToken().getJwtToken(),
  refresh: session.getRefreshToken().getToken(),
});
const failed = (error) => ({ error: error.code ?? error.name, message: error.message });

// The library tells of what comes next by calling one of these.
const steps = (done) => ({
  onSuccess: (session, asks) => done(session.getIdToken ? { signedIn: tokens(session), asks: asks ?? false } : { done: session }),
  onFailure: (error) => done(failed(error)),
  newPasswordRequired: (known, required) => done({ next: "NEW_PASSWORD_REQUIRED", known, required }),
  mfaRequired: (name, details) => done({ next: "SMS_MFA", details }),
  totpRequired: (name, details) => done({ next: "SOFTWARE_TOKEN_MFA", details }),
  selectMFAType: (name, details) => done({ next: "SELECT_MFA_TYPE", details }),
  mfaSetup: (name, details) => done({ next: "MFA_SETUP", details }),
  customChallenge: (details) => done({ next: "CUSTOM_CHALLENGE", details }),
  inputVerificationCode: (details) => done({ sent: details?.CodeDeliveryDetails ?? details }),
  associateSecretCode: (secret) => done({ secret }),
});
const node = (done) => (error, result) => done(error ? failed(error) : { done: result ?? null });

const tasks = {
  signIn: (task, done) => {
    user = new CognitoUser({ Username: task.username, Pool, Storage });
    if (task.flow) user.setAuthenticationFlowType(task.flow);
    const details = new AuthenticationDetails({ Username: task.username, Password: task.password });
    if (task.custom) user.initiateAuth(details, steps(done));
    else user.authenticateUser(details, steps(done));
  },
  newPassword: (task, done) => user.completeNewPasswordChallenge(task.password, task.attributes ?? {}, steps(done)),
  code: (task, done) => user.sendMFACode(task.code, steps(done), task.kind),
  choose: (task, done) => user.sendMFASelectionAnswer(task.kind, steps(done)),
  answer: (task, done) => user.sendCustomChallengeAnswer(task.answer, steps(done)),
  setUpApp: (task, done) => user.associateSoftwareToken(steps(done)),
  verifyApp: (task, done) => user.verifySoftwareToken(task.code, task.name, steps(done)),
  preferApp: (task, done) => user.setUserMfaPreference(null, { Enabled: true, PreferredMfa: true }, node(done)),
  refresh: (task, done) =>
    user.refreshSession(new CognitoRefreshToken({ RefreshToken: task.token }), (error, session) =>
      done(error ? failed(error) : { signedIn: tokens(session) }),
    ),
  signUp: (task, done) =>
    Pool.signUp(task.username, task.password, attributes(task.attributes ?? {}), null, (error, result) => {
      if (!error) user = new CognitoUser({ Username: task.username, Pool, Storage });
      done(error ? failed(error) : { sent: result.codeDeliveryDetails, confirmed: result.userConfirmed, sub: result.userSub });
    }),
  confirmSignUp: (task, done) => user.confirmRegistration(task.code, task.force ?? false, node(done)),
  resendCode: (task, done) => user.resendConfirmationCode(node(done)),
  forgotPassword: (task, done) => {
    user = new CognitoUser({ Username: task.username, Pool, Storage });
    user.forgotPassword(steps(done));
  },
  confirmPassword: (task, done) => user.confirmPassword(task.code, task.password, steps(done)),
  changePassword: (task, done) => user.changePassword(task.old, task.password, node(done)),
  attributes: (task, done) =>
    user.getUserAttributes((error, found) =>
      done(error ? failed(error) : { done: Object.fromEntries(found.map((one) => [one.getName(), one.getValue()])) }),
    ),
  updateAttributes: (task, done) => user.updateAttributes(attributes(task.attributes), node(done)),
  deleteAttributes: (task, done) => user.deleteAttributes(task.names, node(done)),
  askForCode: (task, done) => user.getAttributeVerificationCode(task.name, steps(done)),
  verifyAttribute: (task, done) => user.verifyAttribute(task.name, task.code, steps(done)),
  rememberDevice: (task, done) => user.setDeviceStatusRemembered(steps(done)),
  listDevices: (task, done) => user.listDevices(60, null, steps(done)),
  getDevice: (task, done) => user.getDevice(steps(done)),
  forgetDevice: (task, done) => user.forgetDevice(steps(done)),
  signOutEverywhere: (task, done) => user.globalSignOut(steps(done)),
  deleteUser: (task, done) => user.deleteUser(node(done)),
};

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const task = JSON.parse(line);
    const done = (outcome) => console.log(JSON.stringify(outcome));
    Pool ??= new CognitoUserPool({ UserPoolId: task.pool, ClientId: task.client, endpoint: task.endpoint, Storage });
    tasks[task.do](task, done);
  });
