// Stripe's form for a new payment method. Stripe requires that Stripe.js is loaded from its own host:
// https://docs.stripe.com/js/including
(() => {
  const form = document.querySelector("[data-payment-form]");
  if (!form) return;
  const { key, clientSecret, returnUrl } = form.dataset;
  // Remove the secret from the page.
  delete form.dataset.clientSecret;
  const waiting = form.querySelector("[data-payment-waiting]");
  const button = form.querySelector("button[type=submit]");
  const refusal = form.querySelector("[data-payment-refusal]");
  const failed = document.querySelector("[data-payment-failed]");
  let isReady = false;
  let stripe;
  let elements;

  const fail = () => {
    if (isReady) return;
    clearTimeout(timeout);
    form.hidden = true;
    failed.hidden = false;
    failed.focus();
  };

  const ready = () => {
    isReady = true;
    clearTimeout(timeout);
    waiting.hidden = true;
    button.disabled = false;
  };

  const mount = () => {
    // https://docs.stripe.com/js/elements_object/create_payment_element
    try {
      stripe = window.Stripe(key);
      const isDark = document.documentElement.dataset.bsTheme === "dark";
      elements = stripe.elements({ clientSecret, appearance: { theme: isDark ? "night" : "stripe" } });
      const element = elements.create("payment");
      element.on("ready", ready);
      element.on("loaderror", fail);
      element.mount("#payment-element");
    } catch {
      fail();
    }
  };

  const showRefusal = (text) => {
    refusal.querySelector("p").textContent = text;
    refusal.hidden = false;
    refusal.focus();
    button.disabled = false;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    refusal.hidden = true;
    try {
      // https://docs.stripe.com/js/setup_intents/confirm_setup
      const confirmParams = { return_url: returnUrl };
      const { error } = await stripe.confirmSetup({ elements, confirmParams, redirect: "if_required" });
      if (error) showRefusal(`Stripe: ${error.message || error.type}`);
      else location.assign(returnUrl);
    } catch {
      showRefusal("Stripe did not respond. Check the list of payment methods before you try again.");
    }
  });

  const script = document.createElement("script");
  script.src = "https://js.stripe.com/v3/";
  script.addEventListener("load", mount);
  script.addEventListener("error", fail);
  // Some networks drop forbidden requests silently.
  const timeout = setTimeout(fail, 20_000);
  document.head.append(script);
})();
