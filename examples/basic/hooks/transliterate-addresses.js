/*
 * Hook point: preMap, on the import that books parcels with the carrier.
 *
 * The carrier's label printer knows A to Z, digits and a little punctuation, and 35 characters a line. So:
 * Müller-Straße becomes Mueller-Strasse, １丁目 becomes 1-chome, 東京都 becomes Tokyo, トヨタ becomes Toyota,
 * country names in their own language become ISO codes (Österreich: AT, 日本: JP), emoji in gift messages
 * go 🎁, and lines that are too long are broken between words. An address that still holds letters which
 * cannot be printed is an error: better no label than a wrong one.
 *
 * options.data     - the page of shipments; the address is in shipTo
 * options.settings - custom settings; import.maxLineLength (default 35)
 */
function transliterateAddresses(options) {
  const settings = (options.settings && options.settings.import) || {};
  const maxLength = Number(settings.maxLineLength) > 0 ? Number(settings.maxLineLength) : 35;

  return (options.data || []).map((shipment) => {
    const address = shipment && shipment.shipTo;
    if (!address || typeof address !== "object") {
      return { errors: [failure("ADDRESS_MISSING", "The shipment has no address.")] };
    }

    const country = countryCode(address.country);
    const text = (value) => toLatin(value, country);
    const lines = breakLines([address.address1, address.address2].map(text).filter(Boolean).join(", "), maxLength);
    const label = {
      name: text(address.name).slice(0, maxLength),
      company: text(address.company).slice(0, maxLength),
      lines,
      city: text(address.city),
      region: text(address.region),
      zip: text(address.zip).replace(/^T?\s*(?=\d{3}-?\d{4}$)/, "").toUpperCase(),
      country,
    };

    const printed = [label.name, label.company, label.city, label.region].concat(lines);
    const unprintable = printed.filter((part) => /[^\x20-\x7e]/.test(part));
    const errors = [];
    if (unprintable.length > 0) {
      errors.push(failure("ADDRESS_NOT_PRINTABLE", `No Latin spelling is known for: ${unprintable.join(" | ")}`));
    }
    if (!country) errors.push(failure("COUNTRY_UNKNOWN", `Country "${address.country || ""}" is not known.`));
    if (lines.length === 0) errors.push(failure("STREET_MISSING", "The address has no street."));
    if (errors.length > 0) return { errors };

    const giftMessage = withoutEmoji(String(shipment.giftMessage || "")).slice(0, 250);
    return { data: Object.assign({}, shipment, { label, giftMessage }) };
  });
}

const COUNTRY_NAMES = {
  deutschland: "DE", österreich: "AT", schweiz: "CH", suisse: "CH", svizzera: "CH", belgië: "BE", belgique: "BE",
  nederland: "NL", españa: "ES", italia: "IT", "česko": "CZ", "česká republika": "CZ", polska: "PL", danmark: "DK",
  sverige: "SE", norge: "NO", suomi: "FI", ísland: "IS", éire: "IE", türkiye: "TR", ελλάδα: "GR", россия: "RU",
  україна: "UA", 日本: "JP", 日本国: "JP", 中国: "CN", 대한민국: "KR", ドイツ: "DE", フランス: "FR", アメリカ: "US",
  germany: "DE", austria: "AT", switzerland: "CH", japan: "JP", france: "FR", "united states": "US", "united kingdom": "GB",
};

// 北海道 keeps its 道; every other prefecture is matched with or without 都, 府 or 県.
const PREFECTURES = {
  北海道: "Hokkaido", 青森: "Aomori", 岩手: "Iwate", 宮城: "Miyagi", 秋田: "Akita", 山形: "Yamagata", 福島: "Fukushima",
  茨城: "Ibaraki", 栃木: "Tochigi", 群馬: "Gunma", 埼玉: "Saitama", 千葉: "Chiba", 東京: "Tokyo", 神奈川: "Kanagawa",
  新潟: "Niigata", 富山: "Toyama", 石川: "Ishikawa", 福井: "Fukui", 山梨: "Yamanashi", 長野: "Nagano", 岐阜: "Gifu",
  静岡: "Shizuoka", 愛知: "Aichi", 三重: "Mie", 滋賀: "Shiga", 京都: "Kyoto", 大阪: "Osaka", 兵庫: "Hyogo", 奈良: "Nara",
  和歌山: "Wakayama", 鳥取: "Tottori", 島根: "Shimane", 岡山: "Okayama", 広島: "Hiroshima", 山口: "Yamaguchi",
  徳島: "Tokushima", 香川: "Kagawa", 愛媛: "Ehime", 高知: "Kochi", 福岡: "Fukuoka", 佐賀: "Saga", 長崎: "Nagasaki",
  熊本: "Kumamoto", 大分: "Oita", 宮崎: "Miyazaki", 鹿児島: "Kagoshima", 沖縄: "Okinawa",
};

const PLACES = {
  横浜市: "Yokohama", 名古屋市: "Nagoya", 札幌市: "Sapporo", 神戸市: "Kobe", 川崎市: "Kawasaki", 仙台市: "Sendai",
  渋谷区: "Shibuya-ku", 新宿区: "Shinjuku-ku", 港区: "Minato-ku", 千代田区: "Chiyoda-ku", 中央区: "Chuo-ku", 北区: "Kita-ku",
  神宮前: "Jingumae", 銀座: "Ginza", 丸の内: "Marunouchi", 六本木: "Roppongi", 梅田: "Umeda", 様: "-sama", 株式会社: "K.K. ",
};

// What losing the accent would spell wrongly. German and Nordic letters first: they have a spelling of their own.
const LETTERS = {
  ä: "ae", ö: "oe", ü: "ue", Ä: "Ae", Ö: "Oe", Ü: "Ue", ß: "ss", ẞ: "SS", æ: "ae", Æ: "Ae", ø: "oe", Ø: "Oe", å: "aa", Å: "Aa",
  œ: "oe", Œ: "Oe", ł: "l", Ł: "L", đ: "d", Đ: "D", ð: "d", Ð: "D", þ: "th", Þ: "Th", ı: "i", İ: "I",
  "–": "-", "—": "-", "‐": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "…": "...", "№": "No.", "⁄": "/",
  "〒": "", "・": " ", "、": ", ", "。": ".", "「": "", "」": "", "　": " ", "º": "o", "ª": "a",
};

// In these countries the two dots only part two vowels, or their own spelling drops them: Citroën, Türkiye.
const PLAIN_UMLAUTS = ["ES", "FR", "BE", "NL", "GB", "US", "IE", "TR", "IT", "PT"];

const KANA = {
  キャ: "kya", キュ: "kyu", キョ: "kyo", シャ: "sha", シュ: "shu", ショ: "sho", チャ: "cha", チュ: "chu", チョ: "cho", ニャ: "nya",
  ニュ: "nyu", ニョ: "nyo", ヒャ: "hya", ヒュ: "hyu", ヒョ: "hyo", ミャ: "mya", ミュ: "myu", ミョ: "myo", リャ: "rya", リュ: "ryu",
  リョ: "ryo", ギャ: "gya", ギュ: "gyu", ギョ: "gyo", ジャ: "ja", ジュ: "ju", ジョ: "jo", ビャ: "bya", ビュ: "byu", ビョ: "byo",
  ピャ: "pya", ピュ: "pyu", ピョ: "pyo", ファ: "fa", フィ: "fi", フェ: "fe", フォ: "fo", ティ: "ti", ディ: "di", ウィ: "wi",
  シェ: "she", ジェ: "je", チェ: "che",
  ア: "a", イ: "i", ウ: "u", エ: "e", オ: "o", カ: "ka", キ: "ki", ク: "ku", ケ: "ke", コ: "ko", サ: "sa", シ: "shi", ス: "su",
  セ: "se", ソ: "so", タ: "ta", チ: "chi", ツ: "tsu", テ: "te", ト: "to", ナ: "na", ニ: "ni", ヌ: "nu", ネ: "ne", ノ: "no",
  ハ: "ha", ヒ: "hi", フ: "fu", ヘ: "he", ホ: "ho", マ: "ma", ミ: "mi", ム: "mu", メ: "me", モ: "mo", ヤ: "ya", ユ: "yu", ヨ: "yo",
  ラ: "ra", リ: "ri", ル: "ru", レ: "re", ロ: "ro", ワ: "wa", ヲ: "o", ン: "n", ガ: "ga", ギ: "gi", グ: "gu", ゲ: "ge", ゴ: "go",
  ザ: "za", ジ: "ji", ズ: "zu", ゼ: "ze", ゾ: "zo", ダ: "da", ヂ: "ji", ヅ: "zu", デ: "de", ド: "do", バ: "ba", ビ: "bi", ブ: "bu",
  ベ: "be", ボ: "bo", パ: "pa", ピ: "pi", プ: "pu", ペ: "pe", ポ: "po", ヴ: "vu",
};

function countryCode(country) {
  const name = String(country || "").trim();
  if (/^[A-Za-z]{2}$/.test(name)) return name.toUpperCase();
  return COUNTRY_NAMES[name.normalize("NFC").toLowerCase()] || null;
}

function toLatin(value, country) {
  // NFKC turns full-width letters and digits (１２３ ＡＢＣ) and half-width kana into the usual ones.
  let text = withoutEmoji(String(value === undefined || value === null ? "" : value)).normalize("NFKC");
  if (/[\u3040-\u30ff\u4e00-\u9fff]/.test(text)) text = fromJapanese(text);
  const plain = PLAIN_UMLAUTS.indexOf(country) !== -1;
  text = Array.from(text, (letter) => {
    if (plain && /[äëïöüÄËÏÖÜ]/.test(letter)) return letter.normalize("NFD").charAt(0);
    return letter in LETTERS ? LETTERS[letter] : letter;
  }).join("");
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

function fromJapanese(text) {
  let latin = text.replace(/(\d+)丁目/g, " $1-chome ").replace(/(\d+)番地?/g, "$1-").replace(/(\d+)号室?/g, "$1 ");
  for (const name of Object.keys(PREFECTURES)) {
    latin = latin.replace(new RegExp(`${name}[都府県]?`), ` ${PREFECTURES[name]} `);
  }
  for (const name of Object.keys(PLACES)) latin = latin.split(name).join(` ${PLACES[name]} `.replace(" -", "-"));
  // Hiragana sits 0x60 below katakana, letter by letter.
  latin = latin.replace(/[\u3041-\u3096]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 0x60));
  return latin.replace(/[\u30a1-\u30fc]+/g, (word) => {
    const spelled = spellKana(word);
    return ` ${spelled.charAt(0).toUpperCase()}${spelled.slice(1)} `;
  });
}

function spellKana(word) {
  let spelled = "";
  let double = false;
  for (let at = 0; at < word.length; at += 1) {
    const kana = word.charAt(at);
    if (kana === "ッ") {
      double = true;
    } else if (kana !== "ー") {
      const pair = KANA[word.slice(at, at + 2)];
      const sound = pair || KANA[kana] || kana;
      spelled += (double ? (sound.slice(0, 2) === "ch" ? "t" : sound.charAt(0)) : "") + sound;
      double = false;
      if (pair) at += 1;
    }
  }
  return spelled;
}

function withoutEmoji(text) {
  return text
    .replace(/[\p{Extended_Pictographic}\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}\ufe0f\u200d\u20e3]/gu, "")
    .replace(/ {2,}/g, " ")
    .trim();
}

function breakLines(text, maxLength) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ").filter(Boolean)) {
    if (line && `${line} ${word}`.length > maxLength) {
      lines.push(line.replace(/,$/, ""));
      line = "";
    }
    line = line ? `${line} ${word}` : word;
    while (line.length > maxLength) {
      lines.push(line.slice(0, maxLength));
      line = line.slice(maxLength);
    }
  }
  if (line) lines.push(line);
  return lines;
}

function failure(code, message) {
  return { code, message, source: "transliterate-addresses" };
}
