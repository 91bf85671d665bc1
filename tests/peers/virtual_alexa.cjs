// A device of virtual-alexa (npm): node virtual_alexa.cjs SKILL_URL MODEL_FILE LOCALE APPLICATION_ID USER_ID, with NODE_PATH
// naming its node_modules. One JSON command a line in ({"does": "launch" | "intend" | "end", "intent", "slots"}), one answer a line out.
const readline = require('readline');
const { VirtualAlexa } = require('virtual-alexa');

const [url, model, locale, application, user] = process.argv.slice(2);
const alexa = VirtualAlexa.Builder()
  .skillURL(url)
  .interactionModelFile(model)
  .locale(locale)
  .applicationID(application)
  .create();
alexa.context().user().setID(user);

const deeds = {
  launch: () => alexa.launch(),
  intend: ({ intent, slots }) => alexa.intend(intent, slots),
  end: () => alexa.endSession(),
};

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line);
  try {
    console.log(JSON.stringify({ answer: await deeds[command.does](command) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
});
