import mitt from "mitt";

const events = mitt();
events.on("ready", () => document.body.append("ready"));
events.emit("ready");
