/**
 * @name Route returns
 *
 * Hands returns to the returns flow, and everything else to the first branch. The id of that flow is another one in
 * each environment.
 */
const RETURNS_FLOW = "{{returnsFlowId}}";

function contentBasedFlowRouter(options) {
  const isReturn = options.record.type === "return" || Number(options.record.total) < 0;
  return isReturn ? { flowId: RETURNS_FLOW } : {};
}
