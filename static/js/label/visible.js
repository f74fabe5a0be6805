// The text that is shown in a place, without what the page adds to it: names of languages, buttons, hosts of links.

const OURS = ".lang, .code-acts, .host, button, template";

// Where the text stands: the source while it is shown, else the rendered blocks.
export const shownText = (text) => text.querySelector(":scope > .source") ?? text.querySelector(".md") ?? text;

// → text nodes in reading order.
export function textNodes(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, {
    acceptNode(node) {
      if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
      return node.matches(OURS) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    },
  });
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}

// → [{ word, node, from, to }]: words by letters and digits; writing without spaces by its characters; marks one by one.
const WORD = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}]|[\p{L}\p{M}\p{N}_’']+|[^\s\p{L}\p{M}\p{N}]/gu;

export function wordsOf(root, most) {
  const found = [];
  for (const node of textNodes(root)) {
    for (const match of node.data.matchAll(WORD)) {
      found.push({ word: match[0], node, from: match.index, to: match.index + match[0].length });
      if (found.length === most) return found;
    }
  }
  return found;
}
