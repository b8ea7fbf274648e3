// For `node --import`: says on standard error when @kubernetes/client-node is loaded; with HAWSER_TEST_ABSENT it is not there.
import { registerHooks } from "node:module";

let isSaid = false;
registerHooks({
  resolve(specifier, context, next) {
    if (process.env.HAWSER_TEST_ABSENT === "1" && specifier.startsWith("@kubernetes/client-node"))
      throw Object.assign(new Error("it is absent"), { code: "ERR_MODULE_NOT_FOUND" });
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!isSaid && url.includes("/@kubernetes/client-node/")) {
      isSaid = true;
      process.stderr.write("client-node is loaded\n");
    }
    return next(url, context);
  },
});
