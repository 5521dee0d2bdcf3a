// An answer in a frame of another page: the table can be sorted and shown as a picture.
import { dress } from "../src/outcome.js";
import { wordsOf } from "../src/words.js";

const { query, action, words } = document.body.dataset;
dress(document.querySelector("#outcome"), () => query, action, wordsOf(words));
