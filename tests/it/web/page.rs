//! What came back from the pages: status, headers, and the document as a reader sees it.

use axum::http::{HeaderMap, StatusCode};
use scraper::{Html, Selector};

/// An answer.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// A form on a page, as a browser would send it.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// With this field typed in, in place of what stood there.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What stands in a field.
    pub fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(n, _)| n == name);
        found.map_or_else(|| panic!("no field {name}: {:?}", self.fields), |(_, v)| v)
    }

    /// As a browser encodes it.
    pub fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().expect("text"))
    }

    fn document(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// The words of every element that a selector finds.
    pub fn all(&self, selector: &str) -> Vec<String> {
        let words = |e: scraper::ElementRef<'_>| {
            let text = e.text().collect::<Vec<_>>().join(" ");
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        self.document().select(&parse(selector)).map(words).collect()
    }

    /// The words of the one element that a selector finds.
    pub fn words(&self, selector: &str) -> String {
        let found = self.all(selector);
        assert_eq!(found.len(), 1, "{selector}: {found:?} in {}", self.body);
        found.into_iter().next().unwrap_or_default()
    }

    /// What readers read.
    pub fn main(&self) -> String {
        self.words("main")
    }

    /// An attribute of every element that a selector finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let (document, selector) = (self.document(), parse(selector));
        let found = document.select(&selector).filter_map(|e| e.value().attr(name));
        found.map(str::to_owned).collect()
    }

    /// The form that is sent to this address, with what its fields hold; ticks are not set.
    pub fn form(&self, action: &str) -> Form {
        let forms = self.forms();
        let found = forms.iter().find(|f| f.action == action);
        found.unwrap_or_else(|| panic!("no form to {action}: {forms:?}")).clone()
    }

    /// The form whose button has this label, with what the button says.
    pub fn button(&self, label: &str) -> Form {
        let document = self.document();
        let mut found = None;
        for form in document.select(&parse("form")) {
            for button in form.select(&parse("button")) {
                if button.text().collect::<String>().trim() == label {
                    let mut it = read(form);
                    if let Some(elsewhere) = button.value().attr("formaction") {
                        elsewhere.clone_into(&mut it.action);
                    }
                    if let Some(name) = button.value().attr("name") {
                        it = it.with(name, button.value().attr("value").unwrap_or_default());
                    }
                    found = Some(it);
                }
            }
        }
        found.unwrap_or_else(|| panic!("no button {label} in {}", self.main()))
    }

    fn forms(&self) -> Vec<Form> {
        self.document().select(&parse("form")).map(read).collect()
    }
}

fn read(form: scraper::ElementRef<'_>) -> Form {
    let mut fields = Vec::new();
    for field in form.select(&parse("input, textarea")) {
        let it = field.value();
        let Some(name) = it.attr("name").filter(|_| it.attr("type") != Some("checkbox")) else {
            continue;
        };
        let typed = field.text().collect::<String>();
        // A browser drops the first line end of a text area.
        let typed = typed.strip_prefix('\n').map_or(typed.clone(), str::to_owned);
        let value = it.attr("value").map_or(typed, str::to_owned);
        fields.push((name.to_owned(), value));
    }
    for select in form.select(&parse("select")) {
        let options: Vec<_> = select.select(&parse("option")).collect();
        // Where nothing is chosen, a browser sends the first.
        let chosen = options.iter().find(|o| o.value().attr("selected").is_some());
        let chosen = chosen.or(options.first()).and_then(|o| o.value().attr("value"));
        let name = select.value().attr("name").unwrap_or_default().to_owned();
        fields.push((name, chosen.unwrap_or_default().to_owned()));
    }
    Form { action: form.value().attr("action").unwrap_or_default().to_owned(), fields }
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector")
}
