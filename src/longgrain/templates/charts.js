// Draws each figure's option (JSON beside it); strings such as "--train" are colours of the style sheet.
(() => {
  if (!window.echarts) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const coloured = (value, style) => {
    if (Array.isArray(value)) return value.map((one) => coloured(one, style));
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one, style)]));
    return typeof value === "string" && value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
  };
  const draw = (figure) => {
    const place = figure.querySelector(".canvas");
    const option = JSON.parse(figure.querySelector("script").textContent);
    const style = getComputedStyle(document.documentElement);
    place.classList.add("drawn");
    const chart = echarts.getInstanceByDom(place) || echarts.init(place);
    chart.setOption({ textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...coloured(option, style) }, true);
    figure.dataset.drawn = "yes";
    return chart;
  };
  for (const figure of document.querySelectorAll("figure.chart")) {
    const chart = draw(figure);
    figure.querySelector("details").open = false;
    new ResizeObserver(() => chart.resize()).observe(figure.querySelector(".canvas"));
    dark.addEventListener("change", () => draw(figure));
  }
})();
